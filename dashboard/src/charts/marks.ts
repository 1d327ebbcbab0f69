import type uPlot from "uplot";

import classes from "./marks.module.css";
import type { Scheme } from "./palette";

/** Something that happened at a time on a chart. */
export interface ChartMark {
  id: string;
  /** The id of the series it belongs to; it stands in that panel only. */
  series: string;
  /** ms. */
  at: number;
  /** Until when it lasted; null while it still does, absent for a moment. */
  until?: number | null;
  tone: Tone;
  /** What is said when it is pointed at or reached with the keyboard. */
  label: string;
}

export type Tone = "info" | "warning" | "critical";

// The same hues as the words of severity have; light enough that the line stays readable.
const INK: Readonly<Record<Scheme, Readonly<Record<Tone, string>>>> = {
  light: { info: "#2460c0", warning: "#8a5a00", critical: "#b42318" },
  dark: { info: "#7fb0ff", warning: "#f0c766", critical: "#ff9c92" },
};
const SHADE = "1f";
const LINE_DASH = [4, 3];
const SIGNS: Readonly<Record<Tone, string>> = { info: "i", warning: "!", critical: "!" };
// A flag that is nearer to the right edge than this says what it has to say to its left.
const BUBBLE_PX = 260;
const EDGE_PX = 12;

const inView = ({ at, until }: ChartMark, from: number, to: number): boolean =>
  at < to && (until === undefined ? at >= from : (until ?? Infinity) >= from);

/** Lines and shades on the canvas, and over them a flag for each. */
export function markLayer(
  marks: () => readonly ChartMark[],
  scheme: Scheme,
  onOpen: ((id: string) => void) | undefined,
): uPlot.Plugin {
  const layer = document.createElement("div");
  layer.className = classes.layer ?? "";
  const flags = new Map<string, HTMLElement>();

  const flagOf = ({ id, tone }: ChartMark): HTMLElement => {
    const known = flags.get(id);
    if (known) return known;
    const flag = document.createElement(onOpen ? "button" : "span");
    flag.className = classes.flag ?? "";
    flag.dataset.tone = tone;
    const sign = document.createElement("span");
    sign.className = classes.sign ?? "";
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = SIGNS[tone];
    const bubble = document.createElement("span");
    bubble.className = classes.bubble ?? "";
    flag.append(sign, bubble);
    if (onOpen) {
      flag.setAttribute("type", "button");
      flag.addEventListener("click", () => onOpen(id));
    }
    // A press on a flag is not the beginning of a drag over the chart.
    for (const press of ["mousedown", "dblclick"]) {
      flag.addEventListener(press, (event) => event.stopPropagation());
    }
    flags.set(id, flag);
    layer.append(flag);
    return flag;
  };

  const place = (u: uPlot) => {
    const { min = 0, max = 0 } = u.scales.x ?? {};
    const shown = marks().filter((mark) => inView(mark, min, max));
    const kept = new Set(shown.map(({ id }) => id));
    for (const [id, flag] of flags) {
      if (kept.has(id)) continue;
      flag.remove();
      flags.delete(id);
    }
    for (const mark of shown) {
      const flag = flagOf(mark);
      // What began before stands at the edge.
      const left = mark.at < min ? EDGE_PX : u.valToPos(mark.at, "x");
      flag.style.left = `${left}px`;
      flag.dataset.side = left > u.over.clientWidth - BUBBLE_PX ? "left" : "right";
      const bubble = flag.lastElementChild;
      if (bubble && bubble.textContent !== mark.label) bubble.textContent = mark.label;
    }
  };

  const draw = (u: uPlot) => {
    const { ctx, bbox } = u;
    const { min, max } = u.scales.x ?? {};
    if (min == null || max == null) return;
    const x = (at: number) => u.valToPos(Math.min(Math.max(at, min), max), "x", true);
    ctx.save();
    for (const mark of marks().filter((one) => inView(one, min, max))) {
      const start = x(mark.at);
      if (mark.until !== undefined) {
        ctx.fillStyle = INK[scheme][mark.tone] + SHADE;
        ctx.fillRect(start, bbox.top, Math.max(1, x(mark.until ?? max) - start), bbox.height);
      }
      if (mark.at < min) continue;
      ctx.strokeStyle = INK[scheme][mark.tone];
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(LINE_DASH.map((dash) => dash * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(start, bbox.top);
      ctx.lineTo(start, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
    place(u);
  };

  return { hooks: { init: (u) => u.over.appendChild(layer), drawAxes: draw } };
}
