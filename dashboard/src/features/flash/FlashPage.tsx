import { Text } from "@mantine/core";

import { Page } from "@/ui/Page";
import { UpdateTabs } from "@/ui/UpdateTabs";

import { support } from "./board";
import { openBoard } from "./esptool";
import { Unsupported } from "./Unsupported";
import { WriteBoard } from "./WriteBoard";

/** A board on a USB cable of this computer gets its firmware. */
export function FlashPage() {
  const can = support(window);
  return (
    <Page title="Put Ohmstead on a board">
      <UpdateTabs />
      <Text size="sm" c="dimmed" mb="md" maw="70ch">
        For a blank board, or one that no update reaches any more. The browser writes it over USB; nothing of
        it goes through the server. A device that is online gets its updates by a rollout.
      </Text>
      {can === "ready" ? <WriteBoard open={openBoard} /> : <Unsupported why={can} />}
    </Page>
  );
}
