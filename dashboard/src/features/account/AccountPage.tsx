import { Stack } from "@mantine/core";

import { useMe } from "@/api/session";
import { ROLES, roleLabel } from "@/lib/roles";
import { Facts } from "@/ui/Facts";
import { Page } from "@/ui/Page";
import { Section } from "@/ui/Section";

import { Appearance } from "./Appearance";
import { PasswordForm } from "./PasswordForm";
import { Sessions } from "./Sessions";

/** What belongs to the signed-in person themselves. */
export function AccountPage() {
  const me = useMe();
  if (me === null) return null;
  return (
    <Page title="Your account">
      <Stack gap="lg">
        <Section title="You" hint={ROLES.find(({ value }) => value === me.role)?.may}>
          <Facts
            facts={[
              ["User name", me.username],
              ["Role", roleLabel(me.role)],
            ]}
          />
        </Section>
        <PasswordForm />
        <Sessions />
        <Appearance />
      </Stack>
    </Page>
  );
}
