import "@/ui/forms.css";

import { Stack } from "@mantine/core";

import { Page } from "@/ui/Page";

import { Mappings } from "./Mappings";
import { UnmatchedMessages } from "./UnmatchedMessages";

/** What arrives in a language nobody knows, and how it is understood. */
export const MappingsPage = () => (
  <Page title="Mapping">
    <Stack gap="lg">
      <UnmatchedMessages />
      <Mappings />
    </Stack>
  </Page>
);
