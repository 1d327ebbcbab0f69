import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useIsAdmin } from "@/api/session";
import type { ReleaseKey } from "@/api/types";
import { releaseKeysQuery, useRevokeKey } from "@/api/updates";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Confirm } from "@/ui/Confirm";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Icon } from "@/ui/Icon";
import { Page } from "@/ui/Page";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";
import { UpdateTabs } from "@/ui/UpdateTabs";

import { AddKey } from "./AddKey";

const HINT =
  "The server takes a bundle only if one of these keys signed it, and checks that again each time a device fetches it. Devices carry their own copy of the keys and check for themselves, too.";

/** Whose releases this server takes. */
export function KeysPage() {
  const query = useQuery(releaseKeysQuery);
  const isAdmin = useIsAdmin();
  const [adding, setAdding] = useState(false);
  const add = isAdmin && (
    <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
      Trust a key
    </Button>
  );
  return (
    <Page title="Signing keys">
      <UpdateTabs />
      <Section title="Trusted keys" hint={HINT} actions={add}>
        <Await query={query} what="the keys">
          {(keys) =>
            keys.length === 0 ? (
              <Empty title="This server trusts no key yet">
                Make one with “ohmstead firmware keys”; an admin brings its public half here.
              </Empty>
            ) : (
              <Rows label="Keys that sign releases">
                {keys.map((key) => (
                  <KeyRow key={key.id} signer={key} mayRevoke={isAdmin} />
                ))}
              </Rows>
            )
          }
        </Await>
      </Section>
      {adding && <AddKey onClose={() => setAdding(false)} />}
    </Page>
  );
}

function KeyRow({ signer, mayRevoke }: { signer: ReleaseKey; mayRevoke: boolean }) {
  const { id, name, revoked_at: revokedAt } = signer;
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeKey();
  const toast = useToast();
  return (
    <Row
      title={
        <>
          {name}
          {revokedAt !== null && <Tag>revoked</Tag>}
        </>
      }
      note={
        <>
          <div>
            Fingerprint <code>{id}</code>
          </div>
          <div>
            Trusted since {dateTime(signer.added_at)}, by {signer.added_by}
          </div>
          {revokedAt !== null && (
            <div>
              Revoked {dateTime(revokedAt)} by {signer.revoked_by}: nothing it signed is given to any device.
            </div>
          )}
        </>
      }
      actions={
        mayRevoke && revokedAt === null ? (
          <>
            <Button variant="default" aria-label={`Revoke ${name}`} onClick={() => setAsking(true)}>
              Revoke
            </Button>
            <Confirm
              opened={asking}
              onClose={() => setAsking(false)}
              onConfirm={() =>
                revoke.mutate(id, { onSuccess: () => toast({ text: `The key ${name} is revoked.` }) })
              }
              title={`Revoke the key ${name}?`}
              verb="Revoke key for good"
              busy={revoke.isPending}
              dangerous
            >
              <p>
                From now on nothing that this key signed is given to any device, and rollouts of it stop at
                once. Devices that run such a release go on running it, and devices that carry this key go on
                trusting it until they are provisioned with another one.
              </p>
              <p>
                <strong>A revoked key never comes back.</strong> Sign releases that you still want with
                another key, and bring them again.
              </p>
              <FormTrouble error={revoke.error} />
            </Confirm>
          </>
        ) : undefined
      }
    />
  );
}
