import { Button, Group, Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { LinkButton } from "@/ui/LinkButton";
import { useEffect, useEffectEvent, useMemo, useState } from "react";

import { useForce } from "@/api/force/useForce";
import { type ForceDevice, type RecordingDetail, useFinishRecording } from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { LiveTrace } from "@/charts/live/LiveTrace";
import { bySide, capital } from "@/lib/force";
import { Notice } from "@/ui/Notice";
import { useScheme } from "@/ui/useScheme";

import classes from "./Guided.module.css";
import { Numbers } from "./Numbers";
import { OpenTrial } from "./OpenTrial";
import { Overview } from "./Overview";
import { Prompt } from "./Prompt";
import { Result } from "./Result";
import { isMuted, setMuted, wakeSound } from "./sound";
import { isBusy, STAGES, stageOf } from "./steps";
import { useSession } from "./useSession";
import { useSilence } from "./useSilence";
import { devicesOf, obstacles, openTrial, storageTroubles } from "./watch";

const SECONDS_IN_VIEW = 10;

interface GuidedProps {
  recording: RecordingDetail;
  devices: readonly ForceDevice[];
}

export function Guided({ recording, devices }: GuidedProps) {
  const mayOperate = useMayOperate();
  const own = devicesOf(recording, devices);
  const calibrated = own.flatMap(({ channels }) => channels.map((one) => one.calibration_id)).join();
  const { trace, link, live } = useForce(recording.channels, calibrated);
  const { step, ended, tell, judge } = useSession(recording);
  const scheme = useScheme();
  const silentMs = useSilence(trace);
  const sides = useMemo(() => bySide(live).map(({ id, key }) => ({ id, label: capital(key) })), [live]);
  const unit = live.length > 0 && live.every((one) => one.unit === "N") ? "N" : (live[0]?.unit ?? "N");
  const open = openTrial(recording.trial_list, ended);
  const foreign = isBusy(step) ? undefined : open;
  const troubles = [...obstacles(own, recording.channels, silentMs, link), ...storageTroubles(open)];
  const lost = troubles.some(({ level }) => level === "error");
  const finished = recording.ended_at !== null;
  const stage = stageOf(step);

  return (
    <Stack gap="md" className={classes.session} onPointerDown={wakeSound} onKeyDown={wakeSound}>
      <div className={classes.head}>
        <ol className={classes.stages} aria-label="Steps">
          {STAGES.map((name, index) => (
            <li key={name} data-done={index < stage} aria-current={index === stage ? "step" : undefined}>
              {name}
            </li>
          ))}
        </ol>
        <SoundSwitch />
      </div>
      {troubles.map(({ level, text }) => (
        <Notice key={text} level={level}>
          {text}
        </Notice>
      ))}
      {foreign && <OpenTrial trial={foreign} />}
      {step.name === "result" ? (
        <Result
          key={step.trial.id}
          recording={recording}
          trial={step.trial}
          tookMs={step.tookMs}
          busy={judge.isPending}
          error={judge.error}
          onJudge={(accepted, reason) =>
            judge.mutate(
              { id: step.trial.id, accepted, reason },
              { onSuccess: () => tell({ type: accepted ? "overview" : "next" }) },
            )
          }
        />
      ) : step.name === "overview" ? null : (
        <>
          <div className={classes.stage}>
            <Numbers
              trace={trace}
              sides={sides}
              unit={unit}
              peakSince={
                step.name === "pull" ? step.since : step.name === "settling" ? step.endedAt - 5_000 : null
              }
            />
            <div className={classes.trace}>
              <LiveTrace trace={trace} sides={sides} unit={unit} seconds={SECONDS_IN_VIEW} scheme={scheme} />
            </div>
          </div>
          <Prompt
            step={step}
            tell={tell}
            trace={trace}
            unit={unit}
            stopped={lost || foreign !== undefined || finished || !mayOperate}
            why={
              finished
                ? "This session is finished."
                : mayOperate
                  ? null
                  : "You can watch; recording needs an operator."
            }
          />
        </>
      )}
      {(step.name === "overview" || step.name === "weigh" || step.name === "ready") && (
        <Overview recording={recording} />
      )}
      {step.name === "overview" && <Onwards recording={recording} tell={tell} />}
    </Stack>
  );
}

function Onwards({
  recording,
  tell,
}: {
  recording: RecordingDetail;
  tell: (event: { type: "next" }) => void;
}) {
  const finish = useFinishRecording();
  const navigate = useNavigate();
  const next = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "ArrowRight") return;
    event.preventDefault();
    tell({ type: "next" });
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => next(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <Group grow preventGrowOverflow={false} className={classes.actions ?? ""}>
      <Button size="xl" data-autofocus autoFocus onClick={() => tell({ type: "next" })}>
        Next trial
      </Button>
      <Button
        size="xl"
        variant="default"
        loading={finish.isPending}
        onClick={() =>
          finish.mutate(recording.id, {
            onSuccess: () =>
              void navigate({ to: "/recordings/$recordingId", params: { recordingId: recording.id } }),
          })
        }
      >
        Finish the session
      </Button>
      {recording.subject_id !== null && (
        <LinkButton
          size="xl"
          variant="default"
          to="/lab/athletes/$subjectId"
          params={{ subjectId: recording.subject_id }}
        >
          Athlete
        </LinkButton>
      )}
    </Group>
  );
}

function SoundSwitch() {
  const [muted, setShown] = useState(isMuted);
  return (
    <Button
      variant="default"
      size="md"
      aria-pressed={!muted}
      onClick={() => {
        setMuted(!muted);
        setShown(!muted);
      }}
    >
      {muted ? "Sound is off" : "Sound is on"}
    </Button>
  );
}
