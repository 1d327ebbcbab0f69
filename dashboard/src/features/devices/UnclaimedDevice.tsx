import { Button, TextInput } from "@mantine/core";
import type { SubmitEvent } from "react";

import type { Device } from "@/api/types";
import { byImportance } from "@/lib/channels";
import { dialectName } from "@/lib/dialects";

import { LiveFigure } from "./LiveFigure";
import classes from "./UnclaimedDevice.module.css";

interface UnclaimedDeviceProps {
  device: Device;
  mayOperate: boolean;
  busy: boolean;
  onClaim: (name: string) => void;
  onRefuse: () => void;
}

const SHOWN = 3;

export function UnclaimedDevice({ device, mayOperate, busy, onClaim, onRefuse }: UnclaimedDeviceProps) {
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    onClaim((new FormData(event.currentTarget).get("name") as string).trim());
  };
  return (
    <li className={classes.row}>
      <div className={classes.identity}>
        <h3 className={classes.serial}>{device.serial}</h3>
        <p className={classes.dialect}>speaks {dialectName(device.dialect)}</p>
      </div>
      <dl className={classes.values}>
        {byImportance(device.channels)
          .slice(0, SHOWN)
          .map((channel) => (
            <LiveFigure key={channel.id} channel={channel} stale={!device.online} />
          ))}
      </dl>
      {mayOperate && (
        <form onSubmit={submit} className={classes.form}>
          <TextInput
            name="name"
            placeholder="Name, e.g. Kitchen"
            aria-label={`Name for ${device.serial}`}
            maxLength={64}
            className={classes.name ?? ""}
          />
          <Button type="submit" disabled={busy} aria-label={`Claim ${device.serial}`}>
            Claim
          </Button>
          <Button variant="default" disabled={busy} onClick={onRefuse} aria-label={`Refuse ${device.serial}`}>
            Refuse
          </Button>
        </form>
      )}
    </li>
  );
}
