import type uPlot from "uplot";

import { type Finger, heldBy, type SpanMs, timeAt } from "./gesture";

// A finger that moved less than this only points.
const SLOP_PX = 8;
const WHEEL_PER_PX = 0.002;

export interface Held {
  /** The span while fingers or a wheel move it; null when the chart shows what it is told. */
  span: SpanMs | null;
}

/** One finger moves the chart, two zoom it, a pinch on a touchpad as well; `onMove` hears of it at the end. */
export function touch(held: Held, onMove: (from: number, to: number) => void): uPlot.Plugin {
  const fingers = new Map<number, Finger>();
  let begunPx = 0;

  const shown = (u: uPlot): SpanMs => held.span ?? [u.scales.x?.min ?? 0, u.scales.x?.max ?? 1];
  const show = (u: uPlot, span: SpanMs) => {
    held.span = span;
    u.setScale("x", { min: span[0], max: span[1] });
  };
  const settle = () => {
    if (held.span !== null) onMove(...held.span);
    held.span = null;
  };

  const listen = (u: uPlot) => {
    const over = u.over;
    const pxOf = (event: PointerEvent | WheelEvent) => event.clientX - over.getBoundingClientRect().left;
    // Up and down scrolls the page; sideways and with two fingers is ours.
    over.style.touchAction = "pan-y";
    over.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "touch") return;
      const px = pxOf(event);
      if (fingers.size === 0) begunPx = px;
      fingers.set(event.pointerId, { px, at: 0 });
      // Whoever is on the chart holds what is under it now.
      for (const finger of fingers.values()) finger.at = timeAt(finger.px, over.clientWidth, shown(u));
    });
    over.addEventListener("pointermove", (event) => {
      const finger = fingers.get(event.pointerId);
      if (finger === undefined) return;
      finger.px = pxOf(event);
      if (held.span === null && fingers.size === 1 && Math.abs(finger.px - begunPx) < SLOP_PX) return;
      show(u, heldBy([...fingers.values()], over.clientWidth, shown(u)));
    });
    const lift = (event: PointerEvent) => {
      if (!fingers.delete(event.pointerId)) return;
      if (fingers.size === 0) settle();
      for (const finger of fingers.values()) finger.at = timeAt(finger.px, over.clientWidth, shown(u));
    };
    over.addEventListener("pointerup", lift);
    over.addEventListener("pointercancel", lift);
    over.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return; // a pinch on a touchpad says Ctrl; a bare wheel scrolls the page
        event.preventDefault();
        const span = shown(u);
        const at = timeAt(pxOf(event), over.clientWidth, span);
        const factor = Math.exp(event.deltaY * WHEEL_PER_PX);
        onMove(at - (at - span[0]) * factor, at + (span[1] - at) * factor);
      },
      { passive: false },
    );
  };
  return { hooks: { ready: [listen] } };
}
