/** How a canonical unit is shown to people. The server speaks A, W, Wh, Pa; people read mA, kW, kWh, hPa. */

export interface Reading {
  /** Absent when there is nothing to show. */
  text: string;
  unit: string;
}

export interface DisplayScale {
  unit: string;
  /** Shown value = canonical value × factor. */
  factor: number;
}

/** Shown value = canonical value × factor + offset. */
export interface Conversion {
  factor: number;
  offset: number;
}

const to = (factor: number, offset = 0): Conversion => ({ factor, offset });

// Units that people ask for, by canonical unit; the spelling is the server's.
const CONVERSIONS: Readonly<Record<string, Readonly<Record<string, Conversion>>>> = {
  W: { W: to(1), kW: to(1e-3), MW: to(1e-6) },
  VA: { VA: to(1), kVA: to(1e-3) },
  var: { var: to(1), kvar: to(1e-3) },
  V: { V: to(1), mV: to(1e3), kV: to(1e-3) },
  A: { A: to(1), mA: to(1e3) },
  Hz: { Hz: to(1), rpm: to(60) },
  "°C": { "°C": to(1), "°F": to(9 / 5, 32), K: to(1, 273.15) },
  Pa: {
    Pa: to(1),
    hPa: to(1e-2),
    kPa: to(1e-3),
    bar: to(1e-5),
    psi: to(1 / 6894.757293168),
    mmHg: to(1 / 133.322387415),
  },
  N: { N: to(1), kN: to(1e-3), kgf: to(1 / 9.80665), lbf: to(1 / 4.4482216152605) },
  kg: { kg: to(1), g: to(1e3), t: to(1e-3), lb: to(1 / 0.45359237) },
  bytes: { kB: to(1e-3), MB: to(1e-6), GB: to(1e-9) },
  s: { s: to(1), min: to(1 / 60), h: to(1 / 3600), d: to(1 / 86_400) },
  Wh: { Wh: to(1), kWh: to(1e-3), MWh: to(1e-6) },
  "m³": { "m³": to(1), l: to(1e3), "ft³": to(1 / 0.028316846592) },
};

/** The units in which values of canonical `unit` can be shown; empty where there is no choice. */
export const unitChoices = (unit: string): string[] => Object.keys(CONVERSIONS[unit] ?? {});

/** How canonical `unit` becomes `display`; null when nobody chose a unit, or one that this dashboard does not know. */
export const conversionTo = (unit: string, display: string): Conversion | null =>
  CONVERSIONS[unit]?.[display] ?? null;

// Enough for any measured value; hides what binary fractions add to 0.1 × 1000.
const SIGNIFICANT = 12;
const tidy = (value: number): number => Number(value.toPrecision(SIGNIFICANT));

/** What somebody typed in `display` as canonical `unit`; an unknown or empty `display` is the canonical unit itself. */
export function toCanonical(shown: number, unit: string, display: string): number {
  const { factor, offset } = conversionTo(unit, display) ?? { factor: 1, offset: 0 };
  return tidy((shown - offset) / factor);
}

export function fromCanonical(value: number, unit: string, display: string): number {
  const { factor, offset } = conversionTo(unit, display) ?? { factor: 1, offset: 0 };
  return tidy(value * factor + offset);
}

/** As `toCanonical`, for a difference: 9 °F more are 5 °C more, wherever one begins. */
export const stepToCanonical = (shown: number, unit: string, display: string): number =>
  tidy(shown / (conversionTo(unit, display)?.factor ?? 1));

export const stepFromCanonical = (value: number, unit: string, display: string): number =>
  tidy(value * (conversionTo(unit, display)?.factor ?? 1));

interface Step extends DisplayScale {
  /** Smallest magnitude (canonical) from which this step is used. */
  from: number;
}

// Steps rise by `from`; the last one that fits is used.
const STEPS: Readonly<Record<string, readonly Step[]>> = {
  A: [
    { from: 0, unit: "mA", factor: 1000 },
    { from: 1, unit: "A", factor: 1 },
  ],
  W: [
    { from: 0, unit: "W", factor: 1 },
    { from: 1000, unit: "kW", factor: 1e-3 },
  ],
  VA: [
    { from: 0, unit: "VA", factor: 1 },
    { from: 1000, unit: "kVA", factor: 1e-3 },
  ],
  var: [
    { from: 0, unit: "var", factor: 1 },
    { from: 1000, unit: "kvar", factor: 1e-3 },
  ],
  Wh: [{ from: 0, unit: "kWh", factor: 1e-3 }],
  Pa: [{ from: 0, unit: "hPa", factor: 1e-2 }],
  bytes: [
    { from: 0, unit: "B", factor: 1 },
    { from: 1024, unit: "KB", factor: 1 / 1024 },
    { from: 1024 ** 2, unit: "MB", factor: 1 / 1024 ** 2 },
    { from: 1024 ** 3, unit: "GB", factor: 1 / 1024 ** 3 },
  ],
  "1": [{ from: 0, unit: "", factor: 1 }],
  counts: [{ from: 0, unit: "counts", factor: 1 }],
};

/** The display unit in which a value of this magnitude reads best. Unknown units are shown as they are. */
export function displayScale(unit: string, magnitude: number): DisplayScale {
  const steps = STEPS[unit];
  const fitting = steps?.findLast((step) => Math.abs(magnitude) >= step.from);
  return fitting ?? { unit, factor: 1 };
}

/** A factor of 1/1000 leaves three digits more behind the point; a large number needs none of them. */
function digits(decimals: number, factor: number, shown: number, unit = ""): number {
  if (unit === "bytes") return factor === 1 ? 0 : 1;
  const exact = decimals - Math.round(Math.log10(factor));
  const magnitude = Math.abs(shown);
  const useful = magnitude >= 1000 ? 1 : magnitude >= 100 ? 2 : 3;
  return Math.max(0, Math.min(exact, useful));
}

export function formatNumber(value: number, fractionDigits: number): string {
  const text = value.toLocaleString(undefined, {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
  // Rounding may leave "-0.0"; nobody wants to see it.
  return Number(value.toFixed(fractionDigits)) === 0 ? text.replace("-", "") : text;
}

/**
 * `value` in canonical `unit`, as people read it: in the unit that somebody chose (`display`), else in the one that
 * reads best. `decimals` counts digits of the canonical unit.
 */
export function formatValue(value: number, unit: string, decimals: number, display = ""): Reading {
  const chosen = conversionTo(unit, display);
  if (chosen !== null) {
    const shown = value * chosen.factor + chosen.offset;
    return { text: formatNumber(shown, digits(decimals, chosen.factor, shown, unit)), unit: display };
  }
  const scale = displayScale(unit, value);
  const shown = value * scale.factor;
  return { text: formatNumber(shown, digits(decimals, scale.factor, shown, unit)), unit: scale.unit };
}

export function formatBytes(bytes: number): string {
  const { unit, factor } = displayScale("bytes", bytes);
  return `${formatNumber(bytes * factor, factor === 1 ? 0 : 1)} ${unit}`;
}
