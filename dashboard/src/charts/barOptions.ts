import uPlot from "uplot";

import { valueLabels } from "./axes";
import { type Bar, labelled, LOOKS } from "./bars";
import { fillOf } from "./fills";
import { paper, type Scheme } from "./palette";

/** Room around the plot in CSS pixels; the buttons over the bars stand in the same place. */
export const FRAME = { top: 10, right: 16, bottom: 28, left: 66 } as const;

const AXIS_FONT = '12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const LETTER_PX = 7;
const BETWEEN_LABELS_PX = 16;
const BAR_SHARE = 0.78;
const WIDEST_BAR_PX = 72;
const HEADROOM = 1.06;

const labelSpace = (bars: readonly Bar[]): number =>
  Math.max(0, ...bars.map(({ label }) => label.length)) * LETTER_PX + BETWEEN_LABELS_PX;

export function barOptions(
  bars: () => readonly Bar[],
  unit: string,
  scheme: Scheme,
  size: { width: number; height: number },
): uPlot.Options {
  const { text, grid } = paper(scheme);
  const axis = { stroke: text, font: AXIS_FONT, ticks: { show: false } };
  const paths = uPlot.paths.bars?.({ size: [BAR_SHARE, WIDEST_BAR_PX], radius: 0 });
  return {
    ...size,
    legend: { show: false },
    cursor: { show: false },
    padding: [FRAME.top, FRAME.right, 0, 0],
    scales: {
      x: { time: false, range: () => [-0.5, bars().length - 0.5] },
      y: { range: (_, __, high) => [0, high > 0 ? high * HEADROOM : 1] },
      gap: { range: [0, 1] },
    },
    axes: [
      {
        ...axis,
        size: FRAME.bottom,
        grid: { show: false },
        splits: (u) => labelled(bars().length, u.over.clientWidth, labelSpace(bars())),
        values: (_, places) => places.map((place) => bars()[place]?.label ?? ""),
      },
      {
        ...axis,
        size: FRAME.left,
        space: 40,
        grid: { stroke: grid, width: 1 },
        values: (_, ticks) => valueLabels(ticks, "").map((text) => `${text} ${unit}`),
      },
    ],
    series: [
      {},
      ...LOOKS.map((look): uPlot.Series => {
        const { fill, stroke } = fillOf(look, scheme);
        return {
          label: look,
          scale: look === "missing" ? "gap" : "y",
          fill: () => fill,
          stroke,
          width: look === "missing" ? 0 : 1,
          points: { show: false },
          paths,
        };
      }),
    ],
  };
}
