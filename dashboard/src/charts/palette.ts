/** How the channels of one panel are told apart: by colour, and by dash for those who do not see the colour. */

const LIGHT = ["#0b6b5d", "#b8560b", "#2460c0", "#8a3fb0", "#b83232", "#6b6b00"];
const DARK = ["#4fc7a1", "#f0a35e", "#7fb0ff", "#d095f0", "#ff8f8f", "#d4d46a"];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 4]];

export type Scheme = "light" | "dark";

export interface Pen {
  colour: string;
  dash: readonly number[];
}

export function penOf(index: number, scheme: Scheme): Pen {
  const colours = scheme === "dark" ? DARK : LIGHT;
  return { colour: colours[index % colours.length] ?? "#888", dash: DASHES[index % DASHES.length] ?? [] };
}

export const paper = (scheme: Scheme) =>
  scheme === "dark" ? { text: "#a3b0ac", grid: "#2a3431" } : { text: "#55615d", grid: "#e6ebe8" };
