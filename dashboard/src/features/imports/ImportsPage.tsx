import "@/ui/forms.css";

import { Stack } from "@mantine/core";

import { Page } from "@/ui/Page";

import { Jobs } from "./Jobs";
import { NewImport } from "./NewImport";

/** History from elsewhere. */
export const ImportsPage = () => (
  <Page title="Import">
    <Stack gap="lg">
      <NewImport />
      <Jobs />
    </Stack>
  </Page>
);
