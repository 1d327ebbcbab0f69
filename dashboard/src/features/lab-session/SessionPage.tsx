import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { TextLink } from "@/ui/TextLink";

import { type ForceDevice, forceDevicesQuery, type RecordingDetail, recordingQuery } from "@/api/lab";
import { Await } from "@/ui/Await";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";

import { Finished } from "./Finished";
import { Guided } from "./Guided";

interface SessionProps {
  recording: RecordingDetail;
  devices: readonly ForceDevice[];
}

/** What was over when it was opened cannot be gone on with; what is finished meanwhile leads on by itself. */
function Session({ recording, devices }: SessionProps) {
  const [over] = useState(recording.ended_at !== null);
  return over ? <Finished recording={recording} /> : <Guided recording={recording} devices={devices} />;
}

/** One athlete, one session: weigh, pull, look, again. */
export function SessionPage() {
  const { recordingId } = useParams({ from: "/inside/lab/session/$recordingId" });
  const recording = useQuery(recordingQuery(recordingId));
  const devices = useQuery({ ...forceDevicesQuery, refetchInterval: 1_500 });
  const back = (
    <TextLink to="/lab" className="way-back">
      <Icon name="back" /> Force lab
    </TextLink>
  );
  const title =
    recording.data === undefined
      ? "Session"
      : [recording.data.subject, recording.data.name].filter(Boolean).join(" · ");
  return (
    <Page title={title} before={back}>
      <Await query={recording} what="the session">
        {(known) => (
          <Await query={devices} what="the force devices">
            {(force) => <Session key={known.id} recording={known} devices={force} />}
          </Await>
        )}
      </Await>
    </Page>
  );
}
