import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { useTrustKey } from "@/api/updates";
import { Dialog } from "@/ui/Dialog";
import { FileDrop } from "@/ui/FileDrop";
import { FormTrouble } from "@/ui/FormTrouble";

import { isPrivate, modulusIn } from "./keyFile";

/** From now on releases that this key signed are taken. */
export function AddKey({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<{ name: string; text: string } | null>(null);
  const [name, setName] = useState("");
  const trust = useTrustKey();
  const n = file === null ? null : modulusIn(file.text);
  const fault =
    file === null || n !== null
      ? null
      : isPrivate(file.text)
        ? "This is the private key: keep it to yourself, and choose the .json file beside it."
        : "There is no public key in this file.";
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (n !== null) trust.mutate({ name: name.trim(), n }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title="Trust a key" keep>
      <form onSubmit={submit}>
        <Stack>
          <FileDrop
            label="Public key"
            hint="Drop ohmstead-signing.json here; “ohmstead firmware keys” writes it"
            accept=".json"
            chosen={file?.name ?? null}
            onFile={(chosen) =>
              void chosen
                .slice(0, 64 * 1024)
                .text()
                .then((text) => setFile({ name: chosen.name, text }))
            }
          />
          <TextInput
            label="Name of the key"
            description="Who signs with it, or where it is kept"
            maxLength={64}
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <FormTrouble error={trust.error} />
          <Group justify="space-between">
            <Text size="sm" role="status" c="red">
              {fault}
            </Text>
            <Button type="submit" loading={trust.isPending} disabled={n === null || name.trim() === ""}>
              Trust this key
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
