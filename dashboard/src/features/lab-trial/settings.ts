/** The parameters of an analysis as texts of a form, and back. Pure. */

import type { Setting } from "@/api/lab";
import { parseNumber } from "@/lib/numbers";

export interface Parameter {
  key: string;
  label: string;
  default: Setting;
  unit: string;
  lowest: number | null;
  highest: number | null;
  choices: readonly string[];
  note: string;
}

export const textOf = (value: Setting): string => (value === null ? "" : String(value));

const isText = ({ choices, default: usual }: Parameter): boolean =>
  choices.length > 0 || typeof usual === "string";

function settingOf(parameter: Parameter, text: string): Setting {
  if (isText(parameter)) return text;
  if (typeof parameter.default === "boolean") return text === "true";
  return parseNumber(text);
}

export const settingsOf = (
  parameters: readonly Parameter[],
  texts: Readonly<Record<string, string>>,
): Record<string, Setting> =>
  Object.fromEntries(parameters.map((one) => [one.key, settingOf(one, texts[one.key] ?? "")]));

/** Keys of what cannot be taken as it stands. */
export function badSettings(
  parameters: readonly Parameter[],
  texts: Readonly<Record<string, string>>,
): string[] {
  return parameters
    .filter((one) => {
      if (isText(one) || typeof one.default === "boolean") return false;
      const text = texts[one.key] ?? "";
      if (text.trim() === "") return one.default !== null;
      const value = parseNumber(text);
      return value === null || value < (one.lowest ?? -Infinity) || value > (one.highest ?? Infinity);
    })
    .map(({ key }) => key);
}
