import { kwhWords } from "@/lib/energy";
import { formatNumber } from "@/lib/units";
import { Figure } from "@/ui/Figure";

import classes from "./EnergyTotals.module.css";
import type { Sum } from "./shape";

const split = (kwh: number) => {
  const [text = "", unit = ""] = kwhWords(kwh).split(" ");
  return { text, unit };
};

/** What the span comes to. `running`: it has not ended yet. */
export function EnergyTotals({ sum, running }: { sum: Sum | null; running: boolean }) {
  const dash = { text: "–", unit: "" };
  return (
    <dl className={classes.totals}>
      <Figure label={running ? "Total so far" : "Total"} size="large" {...(sum ? split(sum.kwh) : dash)} />
      <Figure
        label="Average per day"
        size="large"
        {...(sum?.perDay === null || sum === null ? dash : split(sum.perDay))}
      />
      {sum !== null && sum.missing >= 0.01 && (
        <Figure label="Time without data" size="large" text={formatNumber(sum.missing * 100, 0)} unit="%" />
      )}
    </dl>
  );
}
