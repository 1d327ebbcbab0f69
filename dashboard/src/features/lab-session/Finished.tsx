import { Button, Group, Stack } from "@mantine/core";

import { downloadOf, type RecordingDetail } from "@/api/lab";
import { LinkButton } from "@/ui/LinkButton";
import { Notice } from "@/ui/Notice";

import { Overview } from "./Overview";

/** A session that is over: what came out, and where to go from here. */
export function Finished({ recording }: { recording: RecordingDetail }) {
  return (
    <Stack gap="md">
      <Notice level="info">This session is finished. For another pull, begin a new one.</Notice>
      <Overview recording={recording} />
      <Group gap="sm">
        <LinkButton size="md" to="/recordings/$recordingId" params={{ recordingId: recording.id }}>
          Everything about it
        </LinkButton>
        <Button component="a" variant="default" size="md" href={downloadOf.report(recording.id)}>
          Report, PDF
        </Button>
        {recording.subject_id !== null && (
          <LinkButton
            size="md"
            variant="default"
            to="/lab/athletes/$subjectId"
            params={{ subjectId: recording.subject_id }}
          >
            {recording.subject ?? "Athlete"}
          </LinkButton>
        )}
      </Group>
    </Stack>
  );
}
