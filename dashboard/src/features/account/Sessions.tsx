import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { sessionsQuery, useEndSession } from "@/api/account";
import { useLogout } from "@/api/session";
import type { Session } from "@/api/types";
import { dateTime } from "@/lib/time";
import { Await } from "@/ui/Await";
import { FormTrouble } from "@/ui/FormTrouble";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";
import { useToast } from "@/ui/toasts";

import { agentWords } from "./agent";

const HINT = "Where you are logged in. End what you do not know, then change your password.";

export function Sessions() {
  const query = useQuery(sessionsQuery);
  return (
    <Section title="Sessions" hint={HINT}>
      <Await query={query} what="the sessions">
        {(sessions) => (
          <Rows label="Sessions">
            {sessions.map((session) => (
              <SessionRow key={session.id} session={session} />
            ))}
          </Rows>
        )}
      </Await>
    </Section>
  );
}

function SessionRow({ session }: { session: Session }) {
  const end = useEndSession();
  const logout = useLogout();
  const toast = useToast();
  const name = agentWords(session.agent);
  return (
    <Row
      title={
        <>
          {name} {session.current && <Tag>this one</Tag>}
        </>
      }
      note={
        <>
          Since {dateTime(session.created_at)}, until {dateTime(session.expires_at)}
          <FormTrouble error={end.error} />
        </>
      }
      actions={
        session.current ? (
          <Button variant="default" loading={logout.isPending} onClick={() => logout.mutate()}>
            Log out
          </Button>
        ) : (
          <Button
            variant="default"
            aria-label={`End ${name}, since ${dateTime(session.created_at)}`}
            loading={end.isPending}
            onClick={() =>
              end.mutate(session.id, { onSuccess: () => toast({ text: "The session has ended." }) })
            }
          >
            End
          </Button>
        )
      }
    />
  );
}
