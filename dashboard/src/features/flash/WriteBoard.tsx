import { Button, Checkbox, Group, Progress, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { formatBytes } from "@/lib/units";
import { CopyLine } from "@/ui/CopyLine";
import { Facts } from "@/ui/Facts";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Section";

import type { OpenBoard } from "./board";
import { ChooseFile, type Chosen } from "./ChooseFile";
import { misfit } from "./image";
import { useBoard } from "./useBoard";

const BUSY = {
  connecting: "Connecting. Choose the board's port in the browser's list.",
  erasing: "Erasing. This takes up to a minute.",
  writing: "Writing",
  checking: "Comparing what is in the flash with what was sent",
} as const;

const isBusy = (phase: string): phase is keyof typeof BUSY => phase in BUSY;

/** A file, a board, and one button that brings them together. */
export function WriteBoard({ open }: { open: OpenBoard }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [erase, setErase] = useState(false);
  const { phase, chip, share, trouble, log, connect, write } = useBoard(open);
  const busy = isBusy(phase);
  const image = chosen?.image ?? null;
  const wrong =
    image !== null && chosen !== null && chip !== null ? misfit(image, chosen.bytes.length, chip) : null;
  const mayErase = image?.what === "whole";
  return (
    <Stack gap="lg">
      <ChooseFile chosen={chosen} disabled={busy} onChoose={setChosen} />
      <Section
        title="2. The board"
        hint="Plug it in with a USB cable that carries data, close every other program that listens to it, and choose its port."
      >
        <Stack>
          {chip !== null && (
            <Facts
              facts={[
                ["Chip", chip.description],
                ["MAC", chip.mac],
                ["Flash", chip.flashBytes === null ? "not told" : formatBytes(chip.flashBytes)],
              ]}
            />
          )}
          {trouble !== null && <Notice level="error">{trouble}</Notice>}
          {wrong !== null && <Notice level="warning">{wrong}</Notice>}
          <Group>
            <Button
              variant={phase === "connected" ? "default" : "filled"}
              disabled={busy || phase === "connected"}
              loading={phase === "connecting"}
              onClick={() => void connect()}
            >
              {phase === "done" ? "Connect again" : "Connect a board"}
            </Button>
          </Group>
        </Stack>
      </Section>
      <Section title="3. Write it">
        <Stack>
          <Checkbox
            label="Erase everything first"
            description="Measurements and settings on the board too. Only with an image for a blank board."
            checked={erase && mayErase}
            disabled={!mayErase || busy}
            onChange={(event) => setErase(event.currentTarget.checked)}
          />
          <div role="status">
            {busy && (
              <Text size="sm">
                {BUSY[phase]}
                {phase === "writing" && `, ${Math.floor(100 * share)} %`}
              </Text>
            )}
            {phase === "done" && (
              <Text size="sm">
                Written, compared, and the board has started again.
                {image?.what === "whole" && " Its files come next: choose filesystem.bin, and connect again."}
              </Text>
            )}
          </div>
          {(phase === "writing" || phase === "checking") && (
            <Progress value={100 * share} aria-label="Progress of the writing" />
          )}
          <Group>
            <Button
              disabled={phase !== "connected" || image === null || wrong !== null}
              onClick={() => {
                if (chosen !== null && image !== null)
                  void write({ bytes: chosen.bytes, address: image.address, erase: erase && mayErase });
              }}
            >
              Write to the board
            </Button>
          </Group>
        </Stack>
      </Section>
      {log.length > 0 && (
        <Section title="Log">
          <CopyLine label="the log" text={log.join("\n")} />
        </Section>
      )}
    </Stack>
  );
}
