import { useId, useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { useLiveValue } from "@/api/live/useLive";
import { useSwitchOutput } from "@/api/outputs";
import { useMayOperate, useMe } from "@/api/session";
import type { Level, Output, Room } from "@/api/types";
import { authorWords, isOn, leftWords, phaseOf, shownState, stateWords, statusWords } from "@/lib/outputs";
import { ago } from "@/lib/time";
import { formatValue } from "@/lib/units";
import { Icon } from "@/ui/Icon";
import { ProofRing } from "@/ui/ProofRing";
import { useToast } from "@/ui/toasts";

import { Dimmer } from "./Dimmer";
import { EditOutput } from "./EditOutput";
import classes from "./OutputCard.module.css";
import { TimedSwitch } from "./TimedSwitch";

/** One light or relay: what it is, how sure we are of it, and a switch as wide as the card. */
export function OutputCard({ output, rooms }: { output: Output; rooms: readonly Room[] }) {
  const mayEdit = useMayOperate();
  const mayOperate = useMayOperate(output.device_id);
  const turn = useSwitchOutput();
  const toast = useToast();
  const [asked, setAsked] = useState<"timer" | "edit" | null>(null);
  const [name, status] = [useId(), useId()];
  const shown = shownState(output);
  const on = isOn(shown);
  const phase = phaseOf(output);
  const to = (state: Level, options: { forS?: number; reason?: string } = {}) =>
    turn.mutate(
      { output, state, ...options },
      {
        onSuccess: () =>
          toast({
            topic: "switch",
            text: `${output.name}: ${stateWords(state, output.levels)}.`,
            onUndo: () => turn.mutate({ output, state: shown ?? "off", reason: "undo" }),
          }),
        onError: (error) => toast({ topic: "switch", text: `${output.name}: ${error.message}` }),
      },
    );
  const words = (
    <>
      <ProofRing proof={phase} on={on} />
      <span className={classes.words}>
        <span id={name} className={classes.name}>
          {output.name}
        </span>
        <span id={status} className={classes.status} data-phase={phase}>
          {statusWords(output)}
        </span>
        <Watts output={output} />
      </span>
    </>
  );
  return (
    <li className={classes.card} data-phase={phase} data-on={on}>
      {mayOperate ? (
        <button
          type="button"
          role="switch"
          aria-checked={on}
          aria-labelledby={name}
          aria-describedby={status}
          className={classes.main}
          onClick={() => to(on ? "off" : "on")}
        >
          {words}
          <span className={classes.track} aria-hidden="true">
            <span className={classes.thumb} />
          </span>
        </button>
      ) : (
        <div className={classes.main}>
          {words}
          <strong className={classes.state}>{shown === null ? "?" : stateWords(shown, output.levels)}</strong>
        </div>
      )}
      {output.levels && mayOperate && <Dimmer output={output} onLevel={to} />}
      <div className={classes.foot}>
        <p className={classes.who}>
          <Who output={output} />
        </p>
        {mayOperate && (
          <button
            type="button"
            className={classes.tool}
            aria-label={`Timer of ${output.name}`}
            title="For a while, or with a reason"
            onClick={() => setAsked("timer")}
          >
            <Icon name="clock" />
          </button>
        )}
        {mayEdit && (
          <button
            type="button"
            className={classes.tool}
            aria-label={`Settings of ${output.name}`}
            title="Settings"
            onClick={() => setAsked("edit")}
          >
            <Icon name="pencil" />
          </button>
        )}
      </div>
      {asked === "timer" && <TimedSwitch output={output} onSwitch={to} onClose={() => setAsked(null)} />}
      {asked === "edit" && <EditOutput output={output} rooms={rooms} onClose={() => setAsked(null)} />}
    </li>
  );
}

/** Who set it and why, and until when. */
function Who({ output }: { output: Output }) {
  const now = useServerNow(output.until_at === null ? 10_000 : 1_000);
  const me = useMe()?.username ?? "";
  const { changed_by: by, changed_at: at, reason, until_at: until, then } = output;
  if (by === null || at === null) return null;
  return (
    <>
      {until !== null && then !== null && (
        <strong>
          {leftWords(until, now)}, then {stateWords(then, output.levels)}
          <br />
        </strong>
      )}
      {authorWords(by, me)}, {ago(at, now)}
      {reason !== "" && <>: {reason}</>}
    </>
  );
}

function Watts({ output }: { output: Output }) {
  const live = useLiveValue(output.power_channel_id ?? "");
  if (output.power_channel_id === null || live === undefined) return null;
  const { text, unit } = formatValue(live[1], "W", 1);
  return (
    <span className={classes.watts} data-stale={!output.online}>
      {text} {unit}
    </span>
  );
}
