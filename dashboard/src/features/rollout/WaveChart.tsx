import type { Rollout } from "@/api/types";
import { countWords, type Counts, shares, SHARE_WORDS, type ShareKind } from "@/lib/rollouts";
import { plural } from "@/lib/updates";

import classes from "./WaveChart.module.css";

const LEGEND: readonly ShareKind[] = ["updated", "failed", "moving", "waiting", "left"];

/** Each wave as a bar whose pieces are devices by how far they are. */
export function WaveChart({ rollout: { sizes, counts, wave, state } }: { rollout: Rollout }) {
  const seen = new Set(counts.flatMap((one) => shares(one as Counts).map(({ kind }) => kind)));
  return (
    <div>
      <ol className={classes.waves} aria-label="Waves">
        {sizes.map((size, index) => {
          const parts = shares(counts[index] ?? {});
          const here = state !== "done" && index === wave;
          return (
            <li key={index} className={classes.wave} data-here={here}>
              <div className={classes.name}>
                <strong>{titleOf(index, sizes.length)}</strong>
                <span>{plural(size, "device")}</span>
              </div>
              <div className={classes.bar} aria-hidden="true">
                {parts.map(({ kind, count }) => (
                  <span key={kind} data-kind={kind} style={{ flexGrow: count }} />
                ))}
              </div>
              <p className={classes.words}>{waveWords(counts[index] ?? {}, index, wave, state)}</p>
            </li>
          );
        })}
      </ol>
      <ul className={classes.legend} aria-hidden="true">
        {LEGEND.filter((kind) => seen.has(kind)).map((kind) => (
          <li key={kind}>
            <span data-kind={kind} /> {SHARE_WORDS[kind]}
          </li>
        ))}
      </ul>
    </div>
  );
}

function titleOf(index: number, count: number): string {
  if (count === 1) return "All at once";
  if (index === 0) return "Wave 1, the canaries";
  return index === count - 1 ? `Wave ${index + 1}, all the others` : `Wave ${index + 1}`;
}

function waveWords(counts: Counts, index: number, wave: number, state: Rollout["state"]): string {
  const words = countWords(counts).replace(/^[^:]*: /, "");
  return index > wave && (state === "running" || state === "paused")
    ? `${words}; begins after wave ${index}`
    : words;
}
