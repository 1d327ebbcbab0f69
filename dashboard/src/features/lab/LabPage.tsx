import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { forceDevicesQuery } from "@/api/lab";
import { useMayOperate } from "@/api/session";
import { Await } from "@/ui/Await";
import { Icon } from "@/ui/Icon";
import { LabTabs } from "@/ui/LabTabs";
import { Page } from "@/ui/Page";

import { ForceDevices } from "./ForceDevices";
import { NewSession } from "./NewSession";
import { Sessions } from "./Sessions";

/** The start of the force lab: what was recorded, what can record. */
export function LabPage() {
  const mayOperate = useMayOperate();
  const devices = useQuery(forceDevicesQuery);
  const [opened, setOpened] = useState(false);
  const ready = (devices.data?.length ?? 0) > 0;
  return (
    <Page
      title="Force lab"
      actions={
        mayOperate &&
        ready && (
          <Button size="md" leftSection={<Icon name="plus" />} onClick={() => setOpened(true)}>
            New session
          </Button>
        )
      }
    >
      <LabTabs />
      <Stack gap="lg">
        <Await query={devices} what="the force devices">
          {(known) => <ForceDevices devices={known} />}
        </Await>
        <Sessions />
      </Stack>
      {opened && <NewSession devices={devices.data ?? []} onClose={() => setOpened(false)} />}
    </Page>
  );
}
