/** What devices speak and can do, by the name of their dialect. */

const NAMES: Readonly<Record<string, string>> = {
  native: "Ohmstead’s own language",
  meter: "PZEM meter",
  "current-logger": "current logger",
  "energy-monitor": "energy monitor",
  "load-cell": "load cell",
  "home-control": "home panel",
  mapped: "a mapping of yours",
};

/** What a dialect is called; one that this dashboard does not know keeps its own name. */
export const dialectName = (dialect: string): string => NAMES[dialect] ?? dialect;

/** Takes a desired state. */
export const hasShadow = (dialect: string): boolean => dialect === "native" || dialect === "home-control";

/** Takes commands. */
export const takesCommands = (dialect: string): boolean => dialect === "native" || dialect === "meter";

export const orders = (dialect: string): boolean => hasShadow(dialect) || takesCommands(dialect);

/** Tells of itself in words. */
export const talks = (dialect: string): boolean => dialect === "native" || dialect === "home-control";
