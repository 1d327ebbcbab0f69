import { Button } from "@mantine/core";

import type { Run } from "@/api/lab";
import { metricOf, metricText } from "@/lib/force";
import { dateTime } from "@/lib/time";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";

interface VersionsProps {
  runs: readonly Run[];
  chosen: string;
  onChoose: (id: string) => void;
}

/** Every analysis of the trial; none replaces another. */
export function Versions({ runs, chosen, onChoose }: VersionsProps) {
  return (
    <Section
      title="Versions"
      hint="Each analysis is kept beside the others, with its settings; the newest counts."
    >
      <Rows label="Versions">
        {runs.map((run, index) => {
          const peak = metricOf(run.metrics, "peak_force_net");
          const rfd = metricOf(run.metrics, "rfd_0_200");
          const onset = typeof run.settings.onset === "string" ? `onset ${run.settings.onset}` : run.analysis;
          return (
            <Row
              key={run.id}
              title={
                <>
                  Version {run.version} {index === 0 && <Tag>counts</Tag>}{" "}
                  {run.id === chosen && <Tag>shown</Tag>}
                </>
              }
              note={[
                onset,
                peak && `peak, net ${metricText(peak)}`,
                rfd && `RFD 0–200 ms ${rfd.value === null ? "withheld" : metricText(rfd)}`,
                `${run.author}, ${dateTime(run.created_at)}`,
              ]
                .filter(Boolean)
                .join("; ")}
              actions={
                run.id !== chosen && (
                  <Button variant="default" size="sm" onClick={() => onChoose(run.id)}>
                    Show version {run.version}
                  </Button>
                )
              }
            />
          );
        })}
      </Rows>
    </Section>
  );
}
