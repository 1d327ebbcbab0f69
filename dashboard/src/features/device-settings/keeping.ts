/** How long raw samples of a channel stay; what was folded from them stays in any case. */

const FOR_GOOD = 36_500;

const CHOICES: readonly { days: number; label: string }[] = [
  { days: 7, label: "7 days" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "1 year" },
  { days: 730, label: "2 years" },
  { days: 1825, label: "5 years" },
  { days: FOR_GOOD, label: "For good" },
];

export function keepingWords(days: number | null): string {
  if (days === null) return "As the server is set";
  return CHOICES.find((choice) => choice.days === days)?.label ?? `${days} days`;
}

/** What can be chosen now. Once a time is set, the server cannot be asked to forget it again. */
export function keepingChoices(days: number | null): { value: string; label: string }[] {
  const known = CHOICES.map((choice) => ({ value: String(choice.days), label: choice.label }));
  if (days === null) return [{ value: "", label: keepingWords(null) }, ...known];
  const listed = CHOICES.some((choice) => choice.days === days);
  return listed ? known : [{ value: String(days), label: keepingWords(days) }, ...known];
}
