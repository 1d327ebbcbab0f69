import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { useOpenAlerts } from "@/api/alerts";
import { outputsQuery } from "@/api/outputs";
import { useLiveValues } from "@/api/live/useLive";
import type { Device, Overview } from "@/api/types";
import { kwhWords } from "@/lib/energy";
import { formatValue } from "@/lib/units";

import classes from "./Glance.module.css";
import { areOn, comparison, named, powerNow } from "./atAGlance";

interface GlanceFiguresProps {
  devices: readonly Device[];
  overview: Overview | undefined;
  /** Whether any device measures energy or power. */
  measured: boolean;
}

/** The answers in numbers; each leads to where there is more. */
export function GlanceFigures({ devices, overview, measured }: GlanceFiguresProps) {
  const outputs = useQuery(outputsQuery).data ?? [];
  return (
    <ul className={`plain-list ${classes.figures}`} aria-label="At a glance">
      {measured && <Now devices={devices} overview={overview} />}
      {measured && <SoFar overview={overview} />}
      {outputs.length > 0 && (
        <SwitchedOn names={areOn(outputs).map(({ name }) => name)} all={outputs.length} />
      )}
      <Wrong devices={devices} />
    </ul>
  );
}

function Now({ devices, overview }: { devices: readonly Device[]; overview: Overview | undefined }) {
  const shares = overview?.devices ?? [];
  const values = useLiveValues(shares.flatMap(({ power }) => power ?? []));
  const { watts, silent } = powerNow(shares, devices, values);
  const { text, unit } = watts === null ? { text: "–", unit: "" } : formatValue(watts, "W", 0);
  return (
    <Answer label="Now" value={text} unit={unit}>
      {(watts ?? 0) < 0 && <span className={classes.line}>more is made than taken</span>}
      {silent > 0 && `without ${silent === 1 ? "one meter that is" : `${silent} meters that are`} silent`}
    </Answer>
  );
}

function SoFar({ overview }: { overview: Overview | undefined }) {
  const today = overview?.today.kwh ?? null;
  const [text = "–", unit = ""] = today === null ? [] : kwhWords(today).split(" ");
  const before = [
    ["yesterday by now", overview?.yesterday.by_now ?? null],
    ["a week ago by now", overview?.week_ago.by_now ?? null],
  ] as const;
  return (
    <Answer label="Today" value={text} unit={unit}>
      {before.map(([when, kwh]) => {
        const words = comparison(today, kwh);
        return words === null || kwh === null ? null : (
          <span key={when} className={classes.line}>
            {words} {when} ({kwhWords(kwh)})
          </span>
        );
      })}
    </Answer>
  );
}

function SwitchedOn({ names, all }: { names: readonly string[]; all: number }) {
  return (
    <Answer label="Switched on" value={String(names.length)} unit={`of ${all}`} to="/rooms">
      {names.length === 0 ? "everything is off" : named(names)}
    </Answer>
  );
}

function Wrong({ devices }: { devices: readonly Device[] }) {
  const { count, gravest } = useOpenAlerts();
  const absent = devices.filter(({ online }) => !online).map(({ name }) => name);
  const alerts = count === 0 ? "" : `${count} ${count === 1 ? "alert" : "alerts"}`;
  return (
    <Answer
      label="Is anything wrong?"
      value={alerts || (absent.length > 0 ? `${absent.length} offline` : "All well")}
      unit=""
      to="/alerts"
      tone={gravest ?? (absent.length > 0 ? "warning" : "good")}
    >
      {absent.length > 0
        ? `${named(absent)} ${absent.length === 1 ? "is" : "are"} offline`
        : "every device is online"}
    </Answer>
  );
}

interface AnswerProps {
  label: string;
  value: string;
  unit: string;
  to?: "/rooms" | "/alerts";
  tone?: "good" | "info" | "warning" | "critical";
  children: ReactNode;
}

function Answer({ label, value, unit, to, tone, children }: AnswerProps) {
  return (
    <li className={classes.answer} data-tone={tone}>
      <span className={classes.label}>
        {to === undefined ? (
          label
        ) : (
          <Link to={to} className={classes.link ?? ""}>
            {label}
          </Link>
        )}
      </span>
      <span className={classes.value}>
        {value} <small>{unit}</small>
      </span>
      <span className={classes.more}>{children}</span>
    </li>
  );
}
