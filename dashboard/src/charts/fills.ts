import type { Look } from "./bars";
import { paper, penOf, type Scheme } from "./palette";

const TILE = 8;

/** A small square that repeats, drawn by `draw` on a canvas of TILE × TILE CSS pixels. */
function tile(draw: (ctx: CanvasRenderingContext2D) => void): CanvasPattern | string {
  const scale = window.devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(TILE * scale);
  const ctx = canvas.getContext("2d");
  if (ctx === null) return "transparent";
  ctx.scale(canvas.width / TILE, canvas.height / TILE);
  draw(ctx);
  return ctx.createPattern(canvas, "repeat") ?? "transparent";
}

function stripes(ctx: CanvasRenderingContext2D, colour: string): void {
  ctx.fillStyle = `${colour}26`;
  ctx.fillRect(0, 0, TILE, TILE);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.beginPath();
  // Three lines, so that the corners of the tile meet those of its neighbours.
  for (const shift of [-TILE, 0, TILE]) {
    ctx.moveTo(shift - 1, TILE + 1);
    ctx.lineTo(shift + TILE + 1, -1);
  }
  ctx.stroke();
}

function dots(ctx: CanvasRenderingContext2D, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(TILE / 2, TILE / 2, 0.9, 0, 2 * Math.PI);
  ctx.fill();
}

export interface Fill {
  fill: CanvasPattern | string;
  stroke: string;
}

/** Full, half full with an edge, striped, dotted: told apart by those who do not see the colour. */
export function fillOf(look: Look, scheme: Scheme): Fill {
  const { colour } = penOf(0, scheme);
  switch (look) {
    case "measured":
      return { fill: colour, stroke: colour };
    case "integrated":
      return { fill: `${colour}59`, stroke: colour };
    case "partial":
      return { fill: tile((ctx) => stripes(ctx, colour)), stroke: colour };
    case "missing":
      return { fill: tile((ctx) => dots(ctx, paper(scheme).text)), stroke: "transparent" };
  }
}
