import uPlot from "uplot";

import { timeLabels, valueLabels, valueRange } from "./axes";
import { type Cell, isolated } from "./columns";
import { rowsPer } from "./data";
import { type ChartMark, markLayer } from "./marks";
import { paper, penOf, type Scheme } from "./palette";
import type { Panel } from "./series";
import { tooltip } from "./tooltip";
import { type Held, touch } from "./touch";

export interface PanelEvents {
  onZoom: (from: number, to: number) => void;
  /** As `onZoom`, by fingers that moved or spread the chart; absent: `onZoom`. */
  onMove?: ((from: number, to: number) => void) | undefined;
  onReset: () => void;
  /** Opens what a mark stands for; without it marks only tell. */
  onMark?: ((id: string) => void) | undefined;
}

// A drag shorter than this is a click that slipped.
const SHORTEST_DRAG_PX = 6;
const AXIS_FONT = '12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const HIDDEN: uPlot.Series = { width: 0, points: { show: false } };

function seriesOf(panel: Panel, scheme: Scheme): uPlot.Series[] {
  return panel.series.flatMap(({ label }, index): uPlot.Series[] => {
    const { colour, dash } = penOf(index, scheme);
    const points = {
      size: 5,
      fill: colour,
      filter: (u: uPlot, place: number) => isolated(u.data[place] as Cell[]),
    } as uPlot.Series.Points;
    const line = { label, stroke: colour, width: 1.75, dash: [...dash], points };
    if (panel.kind === "gauge") return [line, HIDDEN, HIDDEN];
    if (panel.kind === "state") return [{ ...line, paths: uPlot.paths.stepped?.({ align: 1 }) }];
    const bars = uPlot.paths.bars?.({ size: [0.85, 60], align: 1 });
    return [{ ...line, fill: `${colour}cc`, dash: [], points: { show: false }, paths: bars }];
  });
}

/** The shaded span between the lowest and the highest value of each bucket. */
function bandsOf(panel: Panel, scheme: Scheme): uPlot.Band[] {
  if (panel.kind !== "gauge") return [];
  return panel.series.map((_, index) => {
    const mean = 1 + index * rowsPer("gauge");
    return { series: [mean + 1, mean + 2], fill: `${penOf(index, scheme).colour}2e` };
  });
}

/** `panel`, `marks` and `span` say what is drawn whenever the chart asks. */
export function optionsOf(
  panel: () => Panel,
  marks: () => readonly ChartMark[],
  span: () => [from: number, to: number],
  scheme: Scheme,
  size: { width: number; height: number },
  { onZoom, onMove = onZoom, onReset, onMark }: PanelEvents,
): uPlot.Options {
  const { text, grid } = paper(scheme);
  const { kind, unit, display } = panel();
  const held: Held = { span: null };
  const axis = { stroke: text, font: AXIS_FONT, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const zoomToSelection = (u: uPlot) => {
    const { left, width } = u.select;
    if (width >= SHORTEST_DRAG_PX) onZoom(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  };
  return {
    ...size,
    ms: 1,
    legend: { show: false },
    padding: [10, 14, 0, 0],
    cursor: {
      sync: { key: "ohmstead" },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: { dblclick: () => () => (onReset(), null) },
    },
    scales: {
      x: { time: true, auto: false, range: () => [...(held.span ?? span())] },
      y: { range: (_, low, high) => valueRange(kind, low, high) },
    },
    axes: [
      { ...axis, size: 30, space: 64, values: (_, ticks, __, ___, step) => timeLabels(ticks, step) },
      { ...axis, size: 76, space: 44, values: (_, ticks) => valueLabels(ticks, unit, display) },
    ],
    series: [{}, ...seriesOf(panel(), scheme)],
    bands: bandsOf(panel(), scheme),
    hooks: { setSelect: [zoomToSelection] },
    plugins: [markLayer(marks, scheme, onMark), tooltip(panel, scheme), touch(held, onMove)],
  };
}
