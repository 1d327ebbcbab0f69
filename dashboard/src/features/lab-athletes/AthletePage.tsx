import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { groupsQuery, recordingsQuery, subjectsQuery } from "@/api/lab";
import { dateTime } from "@/lib/time";
import { formatNumber } from "@/lib/units";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Facts } from "@/ui/Facts";
import { Icon } from "@/ui/Icon";
import { LinkButton } from "@/ui/LinkButton";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { TextLink } from "@/ui/TextLink";
import { Button } from "@mantine/core";
import { downloadOf } from "@/api/lab";

import { Trends } from "./Trends";

const SESSIONS = 200;

/** One athlete over all sessions. */
export function AthletePage() {
  const { subjectId } = useParams({ from: "/inside/lab/athletes/$subjectId" });
  const subjects = useQuery(subjectsQuery);
  const groups = useQuery(groupsQuery).data ?? [];
  const sessions = useQuery(recordingsQuery({ subject: subjectId, kind: "imtp" }, SESSIONS));
  const subject = subjects.data?.find(({ id }) => id === subjectId);
  const rigs = new Set(sessions.data?.items.map(({ rig }) => rig));
  const back = (
    <TextLink to="/lab/athletes" className="way-back" underline="hover">
      <Icon name="back" /> Athletes
    </TextLink>
  );
  return (
    <Page title={subject?.pseudonym ?? "Athlete"} before={back}>
      <Await query={subjects} what="the athlete">
        {() =>
          subject === undefined ? (
            <Notice level="error">This athlete is not known (any more).</Notice>
          ) : (
            <Stack gap="lg">
              <Section title="About">
                <Facts
                  facts={[
                    [
                      "Body mass",
                      subject.body_mass_kg === null
                        ? "not known"
                        : `${formatNumber(subject.body_mass_kg, 1)} kg`,
                    ],
                    [
                      "Groups",
                      subject.groups
                        .map((id) => groups.find((group) => group.id === id)?.name ?? "")
                        .filter(Boolean)
                        .join(", ") || "none",
                    ],
                    ["Consent", subject.consent || "no note"],
                    ["Note", subject.note || "none"],
                  ]}
                />
              </Section>
              {rigs.size > 1 && (
                <Notice level="warning">
                  Sessions on a plate and on an in-line rig are in this list. They measure different things:
                  do not read them as one series.
                </Notice>
              )}
              <Trends subject={subjectId} />
              <Section title="Sessions">
                <Await query={sessions} what="the sessions">
                  {({ items }) =>
                    items.length === 0 ? (
                      <Empty title="No session yet">
                        Begin one on the <TextLink to="/lab">Sessions</TextLink> page.
                      </Empty>
                    ) : (
                      <Rows label="Sessions">
                        {items.map((one) => (
                          <Row
                            key={one.id}
                            title={
                              <>
                                <TextLink to="/recordings/$recordingId" params={{ recordingId: one.id }}>
                                  {one.name}
                                </TextLink>
                                {one.rig === "inline" && <Tag>in line</Tag>}
                              </>
                            }
                            note={`${dateTime(one.started_at)}; ${one.trials} trials, ${one.accepted} accepted; ${one.author}`}
                            actions={
                              <>
                                {one.ended_at === null && (
                                  <LinkButton
                                    size="sm"
                                    to="/lab/session/$recordingId"
                                    params={{ recordingId: one.id }}
                                  >
                                    Go on
                                  </LinkButton>
                                )}
                                <Button
                                  component="a"
                                  variant="default"
                                  size="sm"
                                  href={downloadOf.report(one.id)}
                                >
                                  Report, PDF
                                </Button>
                              </>
                            }
                          />
                        ))}
                      </Rows>
                    )
                  }
                </Await>
              </Section>
            </Stack>
          )
        }
      </Await>
    </Page>
  );
}
