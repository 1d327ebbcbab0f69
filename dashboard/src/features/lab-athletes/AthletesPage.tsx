import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { groupsQuery, subjectsQuery } from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { formatNumber } from "@/lib/units";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { LabTabs } from "@/ui/LabTabs";
import { LinkButton } from "@/ui/LinkButton";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { TextLink } from "@/ui/TextLink";

import { AthleteForm } from "./AthleteForm";

/** Everybody who was or will be measured, by pseudonym. */
export function AthletesPage() {
  const subjects = useQuery(subjectsQuery);
  const groups = useQuery(groupsQuery).data ?? [];
  const mayOperate = useMayOperate();
  const [editing, setEditing] = useState<string | null>(null);
  const [wanted, setWanted] = useState("");
  const edited = subjects.data?.find(({ id }) => id === editing);
  const nameOf = (id: string) => groups.find((group) => group.id === id)?.name ?? "";
  return (
    <Page
      title="Athletes"
      actions={
        mayOperate && (
          <Button leftSection={<Icon name="plus" />} onClick={() => setEditing("")}>
            Add athlete
          </Button>
        )
      }
    >
      <LabTabs />
      <Section
        title="Athletes"
        hint="By pseudonym: nothing here needs a name. Who is who stays outside of this server."
      >
        <Await query={subjects} what="the athletes">
          {(known) => {
            const word = wanted.trim().toLowerCase();
            const shown = known.filter(
              ({ pseudonym, groups: of }) =>
                pseudonym.toLowerCase().includes(word) ||
                of.some((id) => nameOf(id).toLowerCase().includes(word)),
            );
            if (known.length === 0)
              return (
                <Empty title="Nobody yet">
                  Athletes are made here, or on the way, when a new session begins.
                </Empty>
              );
            return (
              <Stack gap="md">
                <TextInput
                  label="Find by pseudonym or group"
                  maw={320}
                  value={wanted}
                  onChange={(event) => setWanted(event.currentTarget.value)}
                />
                {shown.length === 0 ? (
                  <Empty title="Nobody fits" />
                ) : (
                  <Rows label="Athletes">
                    {shown.map((one) => (
                      <Row
                        key={one.id}
                        title={
                          <>
                            <TextLink to="/lab/athletes/$subjectId" params={{ subjectId: one.id }}>
                              {one.pseudonym}
                            </TextLink>
                            {one.groups.map((id) => (
                              <Tag key={id}>{nameOf(id)}</Tag>
                            ))}
                          </>
                        }
                        note={[
                          one.body_mass_kg === null
                            ? "body mass not known"
                            : `${formatNumber(one.body_mass_kg, 1)} kg`,
                          one.consent === "" ? "no note of consent" : `consent: ${one.consent}`,
                          one.note,
                        ]
                          .filter(Boolean)
                          .join("; ")}
                        actions={
                          <Group gap="xs">
                            <LinkButton
                              variant="default"
                              size="sm"
                              to="/lab/athletes/$subjectId"
                              params={{ subjectId: one.id }}
                              aria-label={`Trends of ${one.pseudonym}`}
                            >
                              Trends
                            </LinkButton>
                            {mayOperate && (
                              <Button
                                variant="default"
                                size="sm"
                                aria-label={`Edit ${one.pseudonym}`}
                                onClick={() => setEditing(one.id)}
                              >
                                Edit
                              </Button>
                            )}
                          </Group>
                        }
                      />
                    ))}
                  </Rows>
                )}
              </Stack>
            );
          }}
        </Await>
      </Section>
      {editing !== null && (editing === "" || edited !== undefined) && (
        <AthleteForm subject={edited} groups={groups} onClose={() => setEditing(null)} />
      )}
    </Page>
  );
}
