import "@/ui/forms.css";

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { tokensQuery } from "@/api/tokens";
import { Await } from "@/ui/Await";
import { Empty } from "@/ui/Empty";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { CreateToken } from "./CreateToken";
import { TokenRow } from "./TokenRow";

const HINT =
  "Programs and devices sign in with tokens. Each has a purpose of its own, so that one can be revoked without the others.";

/** The credentials of machines. */
export function TokensPage() {
  const query = useQuery(tokensQuery);
  const [creating, setCreating] = useState(false);
  const create = (
    <Button leftSection={<Icon name="plus" />} onClick={() => setCreating(true)}>
      Create token
    </Button>
  );
  return (
    <Page title="Tokens" actions={create}>
      <Section title="Tokens in use" hint={HINT}>
        <Await query={query} what="the tokens">
          {(tokens) =>
            tokens.length === 0 ? (
              <Empty title="There is no token yet">
                A device that is added by its serial gets one. For a script, a dashboard of your own or an
                MQTT client, create one here.
              </Empty>
            ) : (
              <Rows label="Tokens in use">
                {tokens.map((token) => (
                  <TokenRow key={token.id} token={token} />
                ))}
              </Rows>
            )
          }
        </Await>
      </Section>
      <CreateToken opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
