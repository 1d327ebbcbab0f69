import { useId } from "react";

import classes from "./BarLegend.module.css";
import { type Look, LOOKS } from "./bars";
import { paper, penOf, type Scheme } from "./palette";

interface BarLegendProps {
  scheme: Scheme;
  words: Readonly<Record<Look, string>>;
}

/** What full, half full, striped and dotted bars mean. */
export function BarLegend({ scheme, words }: BarLegendProps) {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {LOOKS.map((look) => (
        <li key={look}>
          <Swatch look={look} scheme={scheme} /> {words[look]}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ look, scheme }: { look: Look; scheme: Scheme }) {
  const id = useId();
  const { colour } = penOf(0, scheme);
  const { text } = paper(scheme);
  const fills: Record<Look, string> = {
    measured: colour,
    integrated: `${colour}59`,
    partial: `url(#${id})`,
    missing: `url(#${id})`,
  };
  return (
    <svg width="22" height="14" aria-hidden="true" focusable="false">
      <defs>
        <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse">
          {look === "missing" ? (
            <circle cx="3" cy="3" r="0.9" fill={text} />
          ) : (
            <path d="M-1 7 7-1M-4 4 4-4M2 10 10 2" stroke={colour} strokeWidth="1.8" />
          )}
        </pattern>
      </defs>
      <rect
        x="0.5"
        y="0.5"
        width="21"
        height="13"
        rx="2"
        fill={fills[look]}
        stroke={look === "missing" ? text : colour}
      />
    </svg>
  );
}
