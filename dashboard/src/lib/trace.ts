/** A live trace: what came of each channel, their sum, and which moment to show so that it glides. */

import { Ring } from "./ring";

/** One frame: a value of each channel per instant `t0_us + dt_us[i]`. */
export interface Columns {
  t0_us: number;
  dt_us: readonly number[];
  v: Readonly<Record<string, readonly number[]>>;
}

const DEFAULT_CAPACITY = 60_000; // half a minute at 2000 Hz
/** A moment of bad network makes the view late; it catches up with this share of it per second. */
const CATCH_UP = 0.05;

/**
 * Devices send in bursts. Shown as they come, a trace would jump; shown as late as the oldest sample of the slowest
 * burst was when it came, it glides.
 */
export class Playhead {
  private lateUs: number | null = null;
  private saidAt = 0;

  arrived(oldest: number, now: number): void {
    const late = now - oldest;
    if (this.lateUs === null) this.lateUs = late;
    else {
      const passed = (now - this.saidAt) / 1e6;
      const relaxed = this.lateUs - Math.max(0, this.lateUs - late) * Math.min(1, CATCH_UP * passed);
      this.lateUs = Math.max(late, relaxed);
    }
    this.saidAt = now;
  }

  /** The instant to show at the right edge; null before anything came. */
  at(now: number): number | null {
    return this.lateUs === null ? null : now - this.lateUs;
  }
}

export class ForceTrace {
  readonly channels: readonly string[];
  readonly total: Ring;
  readonly playhead = new Playhead();
  /** When a frame came last, in the caller's µs; null before the first. */
  heardAt: number | null = null;
  private readonly rings: ReadonlyMap<string, Ring>;

  constructor(channels: readonly string[], capacity = DEFAULT_CAPACITY) {
    this.channels = channels;
    this.rings = new Map(channels.map((id) => [id, new Ring(capacity)]));
    this.total = new Ring(capacity);
  }

  ring(channel: string): Ring | undefined {
    return this.rings.get(channel);
  }

  take(frame: Columns, now: number): void {
    const count = frame.dt_us.length;
    if (count === 0) return;
    for (const [channel, values] of Object.entries(frame.v)) {
      const ring = this.rings.get(channel);
      if (ring === undefined) continue;
      for (let i = 0; i < count; i++) ring.push(frame.t0_us + (frame.dt_us[i] ?? 0), values[i] ?? NaN);
    }
    this.addUp(frame);
    this.playhead.arrived(frame.t0_us, now);
    this.heardAt = now;
  }

  /** The sum at the instants of this frame; a channel of another device counts with its newest value. */
  private addUp(frame: Columns): void {
    for (let i = 0; i < frame.dt_us.length; i++) {
      const at = frame.t0_us + (frame.dt_us[i] ?? 0);
      let sum = 0;
      for (const [channel, ring] of this.rings) {
        const own = frame.v[channel]?.[i];
        const value = own ?? (ring.length > 0 ? ring.value(ring.length - 1) : NaN);
        sum += value;
      }
      if (!Number.isNaN(sum)) this.total.push(at, sum);
    }
  }
}
