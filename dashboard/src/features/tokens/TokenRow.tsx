import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { devicesQuery } from "@/api/devices";
import { useServerNow } from "@/api/live/clock";
import { useRevokeToken } from "@/api/tokens";
import type { Device, Token } from "@/api/types";
import { ago, dateTime } from "@/lib/time";
import { Confirm } from "@/ui/Confirm";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row } from "@/ui/Rows";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

import { scopeLabel } from "./scopes";

export function TokenRow({ token }: { token: Token }) {
  const now = useServerNow(10_000);
  const nameOf = (devices: Device[]) => devices.find(({ id }) => id === token.device)?.name;
  const device = useQuery({ ...devicesQuery, select: nameOf, enabled: token.device !== null }).data;
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeToken();
  const toast = useToast();
  const ended = token.expires_at !== null && token.expires_at <= now;
  const facts = [
    token.last_used_at === null ? "never used" : `used ${ago(token.last_used_at, now)}`,
    token.expires_at === null ? "no end" : `${ended ? "ended" : "ends"} ${dateTime(token.expires_at)}`,
    `made ${dateTime(token.created_at)}`,
  ];
  return (
    <Row
      title={
        <>
          {token.name}
          {token.scopes.map((scope) => (
            <Tag key={scope}>{scopeLabel(scope)}</Tag>
          ))}
          {ended && <Tag>ended</Tag>}
        </>
      }
      note={
        <>
          {device !== undefined && <>For {device} · </>}
          {facts.join(" · ")}
          {token.topics.length > 0 && <div>Topics: {token.topics.join(", ")}</div>}
        </>
      }
      actions={
        <>
          <Button variant="default" aria-label={`Revoke ${token.name}`} onClick={() => setAsking(true)}>
            Revoke
          </Button>
          <Confirm
            opened={asking}
            onClose={() => setAsking(false)}
            onConfirm={() =>
              revoke.mutate(token.id, { onSuccess: () => toast({ text: `${token.name} is revoked.` }) })
            }
            title={`Revoke ${token.name}?`}
            verb="Revoke token"
            busy={revoke.isPending}
            dangerous
          >
            Whatever uses it is cut off at once. This cannot be undone; a new token has to be put in its
            place.
            <FormTrouble error={revoke.error} />
          </Confirm>
        </>
      }
    />
  );
}
