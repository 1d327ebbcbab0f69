import "@/ui/forms.css";

import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useServerNow } from "@/api/live/clock";
import { rulesQuery } from "@/api/rules";
import { useIsAdmin, useMayOperate } from "@/api/session";
import type { Rule } from "@/api/types";
import { AlertTabs } from "@/ui/AlertTabs";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { RuleRow } from "./RuleRow";

/** What is watched, as sentences. */
export function RulesPage() {
  const query = useQuery(rulesQuery);
  const mayOperate = useMayOperate();
  const add = mayOperate && (
    <Button
      leftSection={<Icon name="plus" />}
      renderRoot={(props) => <Link to="/rules/$ruleId" params={{ ruleId: "new" }} {...props} />}
    >
      Add rule
    </Button>
  );
  return (
    <Page title="Rules" actions={add}>
      <AlertTabs operator={mayOperate} admin={useIsAdmin()} />
      <Await query={query} what="the rules">
        {(rules) => <Everything rules={rules} />}
      </Await>
    </Page>
  );
}

function Everything({ rules }: { rules: readonly Rule[] }) {
  const now = useServerNow(30_000);
  const own = rules.filter(({ builtin }) => builtin === null);
  const builtin = rules.filter((rule) => rule.builtin !== null);
  return (
    <Stack gap="lg">
      <Section title="Your rules">
        {own.length === 0 ? (
          <Empty title="There is no rule of your own yet">
            A kettle that is on for too long, a freezer that grows warm, a month that costs too much: say it
            as a rule and see at once how often it would have fired.
          </Empty>
        ) : (
          <Rows label="Your rules">
            {own.map((rule) => (
              <RuleRow key={rule.id} rule={rule} now={now} />
            ))}
          </Rows>
        )}
      </Section>
      {builtin.length > 0 && (
        <Section
          title="There from the start"
          hint="They watch every device. Turn them off or change them as you like."
        >
          <Rows label="There from the start">
            {builtin.map((rule) => (
              <RuleRow key={rule.id} rule={rule} now={now} />
            ))}
          </Rows>
        </Section>
      )}
    </Stack>
  );
}
