import { Button, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import type { Level, Output } from "@/api/types";
import { isOn, shownState } from "@/lib/outputs";
import { Dialog } from "@/ui/Dialog";

const MINUTES = [5, 15, 30, 60, 120];
const LONGEST_MIN = 7 * 24 * 60;

interface TimedSwitchProps {
  output: Output;
  onSwitch: (state: Level, options: { forS?: number; reason?: string }) => void;
  onClose: () => void;
}

const spanWords = (minutes: number): string => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);

/** Switch for a while, and say why. */
export function TimedSwitch({ output, onSwitch, onClose }: TimedSwitchProps) {
  const [state, setState] = useState<"on" | "off">(isOn(shownState(output)) ? "off" : "on");
  const [minutes, setMinutes] = useState("");
  const [reason, setReason] = useState("");
  const span = minutes === "" ? null : Number(minutes);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSwitch(state, { ...(span === null ? {} : { forS: span * 60 }), reason: reason.trim() });
    onClose();
  };
  return (
    <Dialog opened onClose={onClose} title={output.name}>
      <form onSubmit={submit}>
        <Stack>
          <SegmentedControl
            aria-label="Switch it"
            data={[
              { value: "on", label: "On" },
              { value: "off", label: "Off" },
            ]}
            value={state}
            onChange={(chosen) => setState(chosen)}
          />
          <TextInput
            type="number"
            label="For how many minutes"
            description="Empty: until somebody switches it again"
            inputMode="numeric"
            min={1}
            max={LONGEST_MIN}
            step="any"
            value={minutes}
            onChange={(event) => setMinutes(event.currentTarget.value)}
          />
          <Group gap={6} role="group" aria-label="Usual times">
            {MINUTES.map((usual) => (
              <Button
                key={usual}
                variant="default"
                fw={400}
                aria-pressed={minutes === String(usual)}
                onClick={() => setMinutes(String(usual))}
              >
                {spanWords(usual)}
              </Button>
            ))}
          </Group>
          <TextInput
            label="Why (optional)"
            description="Stands beside the switch and in the audit log"
            value={reason}
            maxLength={200}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {span !== null && (
            <Text size="sm" c="dimmed">
              After that it goes back {state === "on" ? "off" : "on"}, also when this page is closed.
            </Text>
          )}
          <Button type="submit" size="md">
            Switch {state}
            {span !== null && ` for ${span < 60 || span % 30 !== 0 ? `${span} min` : spanWords(span)}`}
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}
