import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { recordingQuery, runsQuery, trialDataQuery } from "@/api/lab";
import { missingLines } from "@/lib/force";
import { Await } from "@/ui/Await";
import { Icon } from "@/ui/Icon";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { TextLink } from "@/ui/TextLink";

import { Curve } from "./Curve";
import { Overlay } from "./Overlay";

// Beyond this the server folds; a pull is shorter.
const EVERY_SAMPLE_US = 30_000_000;
const POINTS = 6_000;

/** One trial: its curve, its numbers, how they came about. */
export function TrialPage() {
  const { recordingId, trialId } = useParams({ from: "/inside/lab/trial/$recordingId/$trialId" });
  const recording = useQuery(recordingQuery(recordingId));
  const trial = recording.data?.trial_list.find(({ id }) => id === trialId);
  const length = (trial?.end_us ?? 0) - (trial?.start_us ?? 0);
  const data = useQuery({
    ...trialDataQuery(trialId, length <= EVERY_SAMPLE_US ? 0 : POINTS),
    enabled: trial?.end_us != null,
  });
  const runs = useQuery(runsQuery(trialId));
  const back = (
    <TextLink to="/recordings/$recordingId" params={{ recordingId }} className="way-back" underline="hover">
      <Icon name="back" /> {recording.data?.name ?? "Session"}
    </TextLink>
  );
  const title = [recording.data?.subject, trial && `Trial ${trial.number}`].filter(Boolean).join(" · ");
  return (
    <Page title={title || "Trial"} before={back}>
      <Await query={recording} what="the session">
        {(known) =>
          trial === undefined ? (
            <Notice level="error">This trial is not in this session (any more).</Notice>
          ) : (
            <Stack gap="lg">
              {missingLines(trial.missing, trial.result !== null).map((line) => (
                <Notice key={line} level="warning">
                  {line}
                </Notice>
              ))}
              <Await query={data} what="the force">
                {(columns) => (
                  <Await query={runs} what="the results">
                    {(versions) => (
                      <Curve key={trial.id} recording={known} trial={trial} data={columns} runs={versions} />
                    )}
                  </Await>
                )}
              </Await>
              <Overlay recording={known} trial={trial} />
            </Stack>
          )
        }
      </Await>
    </Page>
  );
}
