/** The newest samples of one trace, in two arrays that are made once. Instants are µs and rise. */

export interface Spread {
  count: number;
  mean: number;
  sd: number;
}

export class Ring {
  readonly capacity: number;
  /** How many samples are held. */
  length = 0;
  private readonly t: Float64Array;
  private readonly v: Float64Array;
  private next = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.t = new Float64Array(capacity);
    this.v = new Float64Array(capacity);
  }

  /** Adds a sample; one that is not newer than the newest is left out: it is on the server's disk, not in a live view. */
  push(at: number, value: number): void {
    if (this.length > 0 && at <= this.newest) return;
    this.t[this.next] = at;
    this.v[this.next] = value;
    this.next = (this.next + 1) % this.capacity;
    this.length = Math.min(this.length + 1, this.capacity);
  }

  clear(): void {
    this.length = 0;
    this.next = 0;
  }

  private place(index: number): number {
    return (this.next - this.length + index + 2 * this.capacity) % this.capacity;
  }

  /** Instant of the `index`-th oldest sample. */
  at(index: number): number {
    return this.t[this.place(index)] ?? NaN;
  }

  value(index: number): number {
    return this.v[this.place(index)] ?? NaN;
  }

  /** -Infinity when it is empty. */
  get newest(): number {
    return this.length === 0 ? -Infinity : this.at(this.length - 1);
  }

  /** Index of the first sample at or after `at`; `length` when there is none. */
  first(at: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The newest value at or before `at`; NaN when there is none. */
  valueAt(at: number): number {
    const after = this.first(at);
    if (after < this.length && this.at(after) === at) return this.value(after);
    return after === 0 ? NaN : this.value(after - 1);
  }

  /** Over [from, to). */
  spread(from: number, to: number): Spread {
    let count = 0;
    let sum = 0;
    let squares = 0;
    const start = this.first(from);
    const shift = start < this.length ? this.value(start) : 0; // against cancellation
    for (let i = start; i < this.length && this.at(i) < to; i++) {
      const d = this.value(i) - shift;
      count += 1;
      sum += d;
      squares += d * d;
    }
    if (count === 0) return { count, mean: NaN, sd: NaN };
    const variance = count < 2 ? 0 : Math.max(0, (squares - (sum * sum) / count) / (count - 1));
    return { count, mean: shift + sum / count, sd: Math.sqrt(variance) };
  }

  highest(from: number, to: number): number {
    let high = -Infinity;
    for (let i = this.first(from); i < this.length && this.at(i) < to; i++)
      high = Math.max(high, this.value(i));
    return high;
  }

  /**
   * Lowest and highest value under each of `width` equal parts of [from, to), written into `low` and `high`; NaN where
   * there is no sample.
   */
  columns(from: number, to: number, width: number, low: Float64Array, high: Float64Array): void {
    low.fill(NaN, 0, width);
    high.fill(NaN, 0, width);
    const perColumn = (to - from) / width;
    for (let i = this.first(from); i < this.length; i++) {
      const at = this.at(i);
      if (at >= to) break;
      const x = Math.min(width - 1, Math.floor((at - from) / perColumn));
      const value = this.value(i);
      const lowest = low[x] ?? NaN;
      const highest = high[x] ?? NaN;
      low[x] = value < lowest || Number.isNaN(lowest) ? value : lowest;
      high[x] = value > highest || Number.isNaN(highest) ? value : highest;
    }
  }
}
