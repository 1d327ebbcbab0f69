import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { invitationsQuery, useWithdraw } from "@/api/people";
import type { Invitation } from "@/api/types";
import { roleLabel } from "@/lib/roles";
import { duration } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Confirm } from "@/ui/Confirm";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { useToast } from "@/ui/toasts";

/** Links that are out and have not been used. */
export function Invitations() {
  const query = useQuery(invitationsQuery);
  return (
    <Section title="Open invitations">
      <Await query={query} what="the invitations">
        {(invitations) =>
          invitations.length === 0 ? (
            <Empty title="Nobody is invited at the moment">
              Invite by link: the person chooses their own name and password, and you never need to know it.
            </Empty>
          ) : (
            <Rows label="Open invitations">
              {invitations.map((invitation) => (
                <InvitationRow key={invitation.id} invitation={invitation} />
              ))}
            </Rows>
          )
        }
      </Await>
    </Section>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const now = useServerNow(60_000);
  const [asking, setAsking] = useState(false);
  const withdraw = useWithdraw();
  const toast = useToast();
  const { role, devices, note, inviter, expires_at } = invitation;
  const name = note === "" ? "somebody" : note;
  const shared =
    role !== "viewer" ? "" : `, ${devices.length} ${devices.length === 1 ? "device" : "devices"}`;
  return (
    <Row
      title={note === "" ? "Without a name" : note}
      note={`${roleLabel(role)}${shared} · by ${inviter} · ends in ${duration(Math.max(0, expires_at - now))}`}
      actions={
        <>
          <Button variant="default" aria-label={`Withdraw ${name}`} onClick={() => setAsking(true)}>
            Withdraw
          </Button>
          <Confirm
            opened={asking}
            onClose={() => setAsking(false)}
            onConfirm={() =>
              withdraw.mutate(invitation.id, {
                onSuccess: () => toast({ text: `The invitation for ${name} is withdrawn.` }),
              })
            }
            title={`Withdraw the invitation for ${name}?`}
            verb="Withdraw"
            busy={withdraw.isPending}
            dangerous
          >
            The link stops working at once. You can invite again with a new link.
            <FormTrouble error={withdraw.error} />
          </Confirm>
        </>
      }
    />
  );
}
