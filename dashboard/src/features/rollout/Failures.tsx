import { useQuery } from "@tanstack/react-query";

import { devicesQuery } from "@/api/devices";
import type { Device, Rollout } from "@/api/types";
import { Section } from "@/ui/Section";
import { TextLink } from "@/ui/TextLink";

import classes from "./Failures.module.css";
import { failuresOf, failureWords } from "./grouped";

const MOST_NAMED = 8;
const byId = (devices: readonly Device[]) => new Map(devices.map((one) => [one.id, one.name]));

/** Why devices failed, the most frequent reason first. */
export function Failures({ rollout: { installations } }: { rollout: Rollout }) {
  const names = useQuery({ ...devicesQuery, select: byId }).data;
  const found = failuresOf(installations);
  if (found.length === 0) return null;
  return (
    <Section title="What went wrong">
      <ul className={`plain-list ${classes.failures ?? ""}`} aria-label="Reasons of failures">
        {found.map((failure) => (
          <li key={failure.what}>
            <p className={classes.what}>{failureWords(failure)}</p>
            <p className={classes.devices}>
              {failure.devices.slice(0, MOST_NAMED).map((id, place) => (
                <span key={id}>
                  {place > 0 && ", "}
                  <TextLink to="/devices/$deviceId/updates" params={{ deviceId: id }}>
                    {names?.get(id) ?? `device ${id}`}
                  </TextLink>
                </span>
              ))}
              {failure.devices.length > MOST_NAMED && ` and ${failure.devices.length - MOST_NAMED} more`}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
