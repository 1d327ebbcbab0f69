import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { useIsAdmin } from "@/api/session";
import { releasesQuery } from "@/api/updates";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { LinkButton } from "@/ui/LinkButton";
import { Page } from "@/ui/Page";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { UpdateTabs } from "@/ui/UpdateTabs";

import { AddRelease } from "./AddRelease";
import { ReleaseRow } from "./ReleaseRow";

/** The firmware that devices may get. */
export function ReleasesPage() {
  const query = useQuery(releasesQuery);
  const isAdmin = useIsAdmin();
  return (
    <Page
      title="Updates"
      actions={
        isAdmin && (
          <LinkButton to="/updates/board" variant="default">
            Put Ohmstead on a board
          </LinkButton>
        )
      }
    >
      <UpdateTabs />
      <Stack gap="lg">
        <Section title="Releases">
          <Await query={query} what="the releases">
            {(releases) =>
              releases.length === 0 ? (
                <Empty title="There is no release yet">
                  Bring one below. Bundles are made and signed with “ohmstead firmware sign”.
                </Empty>
              ) : (
                <Rows label="Releases">
                  {releases.map((release) => (
                    <ReleaseRow key={release.id} release={release} />
                  ))}
                </Rows>
              )
            }
          </Await>
        </Section>
        <AddRelease />
      </Stack>
    </Page>
  );
}
