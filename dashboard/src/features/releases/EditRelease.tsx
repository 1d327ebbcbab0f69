import { Button, Group, SegmentedControl, Stack, Textarea } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import type { Release } from "@/api/types";
import { useChangeRelease } from "@/api/updates";
import { Dialog } from "@/ui/Dialog";
import { FormTrouble } from "@/ui/FormTrouble";

/** What may be said differently of a release; what is in it stays as it was signed. */
export function EditRelease({ release, onClose }: { release: Release; onClose: () => void }) {
  const [channel, setChannel] = useState(release.channel);
  const [notes, setNotes] = useState(release.notes);
  const change = useChangeRelease();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate({ id: release.id, channel, notes }, { onSuccess: onClose });
  };
  return (
    <Dialog opened onClose={onClose} title={`Version ${release.version}`} keep>
      <form onSubmit={submit}>
        <Stack>
          <SegmentedControl
            aria-label="Channel"
            value={channel}
            onChange={(chosen) => setChannel(chosen === "beta" ? "beta" : "stable")}
            data={[
              { value: "stable", label: "Stable" },
              { value: "beta", label: "Beta" },
            ]}
          />
          <Textarea
            label="Notes"
            maxLength={4000}
            autosize
            minRows={3}
            value={notes}
            onChange={(event) => setNotes(event.currentTarget.value)}
          />
          <FormTrouble error={change.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
