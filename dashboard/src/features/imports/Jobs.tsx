import { Button, Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { importsQuery, useCancelImport, useStartImport } from "@/api/imports";
import type { ImportJob } from "@/api/types";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Confirm } from "@/ui/Confirm";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { rejectionWords, shareOf, stateWords } from "./progress";

export function Jobs() {
  const query = useQuery(importsQuery);
  return (
    <Section title="Imports">
      <Await query={query} what="the imports">
        {(jobs) =>
          jobs.length === 0 ? (
            <Empty title="Nothing has been imported yet">
              An import goes on when this page is closed, and after a restart of the server.
            </Empty>
          ) : (
            <Rows label="Imports">
              {jobs.map((job) => (
                <JobRow key={job.id} job={job} />
              ))}
            </Rows>
          )
        }
      </Await>
    </Section>
  );
}

function JobRow({ job }: { job: ImportJob }) {
  const [asking, setAsking] = useState(false);
  const cancel = useCancelImport();
  const start = useStartImport();
  const { name, state } = job;
  const ended = state === "done" || state === "cancelled";
  return (
    <Row
      title={name}
      note={
        <>
          {stateWords(job)}
          {(state === "running" || state === "receiving") && (
            <Progress value={100 * shareOf(job)} my={6} aria-label={`Progress of ${name}`} />
          )}
          {job.rejected.map((rejection) => (
            <div key={rejection.reason}>Left out: {rejectionWords(rejection)}</div>
          ))}
          <div>
            {dateTime(job.created_at)}, by {job.actor}
          </div>
          <FormTrouble error={start.error} />
        </>
      }
      actions={
        ended ? undefined : (
          <>
            {(state === "ready" || state === "failed") && (
              <Button
                variant="default"
                aria-label={`${state === "ready" ? "Start" : "Try again"} ${name}`}
                loading={start.isPending}
                onClick={() => start.mutate(job.id)}
              >
                {state === "ready" ? "Start" : "Try again"}
              </Button>
            )}
            <Button variant="default" aria-label={`Cancel ${name}`} onClick={() => setAsking(true)}>
              Cancel
            </Button>
            <Confirm
              opened={asking}
              onClose={() => setAsking(false)}
              onConfirm={() => cancel.mutate(job.id, { onSuccess: () => setAsking(false) })}
              title={`Cancel the import of ${name}?`}
              verb="Stop the import"
              busy={cancel.isPending}
              dangerous
            >
              What is stored already stays. The file itself is removed from the server.
              <FormTrouble error={cancel.error} />
            </Confirm>
          </>
        )
      }
    />
  );
}
