import "@/ui/forms.css";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { targetKindsQuery, targetsQuery } from "@/api/notifications";
import { sitesQuery } from "@/api/system";
import type { Target } from "@/api/types";
import { localZone } from "@/lib/zones";
import { AlertTabs } from "@/ui/AlertTabs";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { AddTarget } from "./AddTarget";
import { EditTarget } from "./EditTarget";
import { TargetRow } from "./TargetRow";

/** Where messages about alerts go. */
export function TargetsPage() {
  const query = useQuery(targetsQuery);
  const kinds = useQuery(targetKindsQuery).data;
  const zone = useQuery(sitesQuery).data?.[0]?.zone ?? localZone();
  const now = useServerNow(10_000);
  const [edited, setEdited] = useState<Target | "new" | null>(null);
  const add = (
    <Button
      leftSection={<Icon name="plus" />}
      disabled={kinds === undefined}
      onClick={() => setEdited("new")}
    >
      Add a place
    </Button>
  );
  return (
    <Page title="Where alerts go" actions={add}>
      <AlertTabs operator admin />
      <Section
        title="Messages go to"
        hint="Everything here works without Internet as long as the receiver is in your network. Without any place, alerts still appear in the inbox."
      >
        <Await query={query} what="the places">
          {(targets) =>
            targets.length === 0 ? (
              <Empty title="Nobody is told of alerts yet">
                Add an e-mail address, a phone with ntfy, a webhook or one of a hundred other services, and
                send it a test.
              </Empty>
            ) : (
              <Rows label="Messages go to">
                {targets.map((target) => (
                  <TargetRow key={target.id} target={target} now={now} onEdit={() => setEdited(target)} />
                ))}
              </Rows>
            )
          }
        </Await>
      </Section>
      {edited === "new" && kinds && <AddTarget kinds={kinds} zone={zone} onClose={() => setEdited(null)} />}
      {edited !== null && edited !== "new" && kinds && (
        <EditTarget target={edited} kinds={kinds} zone={zone} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}
