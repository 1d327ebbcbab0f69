/** Groups of devices: labels, there for as long as a device carries them. Pure. */

interface Grouped {
  readonly groups: readonly string[];
}

// As the server has it (domain/device.py).
export const MOST_GROUPS = 16;
export const LONGEST_GROUP = 64;

/** Every group that any of the devices is in, sorted. */
export const groupsOf = (devices: readonly Grouped[]): string[] =>
  [...new Set(devices.flatMap(({ groups }) => groups))].sort((a, b) => a.localeCompare(b));

/** What was typed as the server keeps it: without spare blanks, each once. */
export const tidied = (names: readonly string[]): string[] => [
  ...new Set(
    names.map((name) => name.trim().split(/\s+/).join(" ").slice(0, LONGEST_GROUP).trim()).filter(Boolean),
  ),
];

/** Whether two lists name the same groups, in whatever order. */
export const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name));
