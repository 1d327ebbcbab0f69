import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useServerNow } from "@/api/live/clock";
import { unmatchedQuery } from "@/api/mappings";
import type { Unmatched } from "@/api/types";
import { ago } from "@/lib/time";
import { Await } from "@/ui/Await";
import { Dialog } from "@/ui/Dialog";
import { Empty } from "@/ui/Empty";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";
import { Tag } from "@/ui/Tag";

import { MappingForm } from "./MappingForm";
import classes from "./UnmatchedMessages.module.css";

const HINT =
  "JSON that devices send over MQTT or HTTP and that is no language known here. Choose the values to keep, and it becomes a device like any other.";

export function UnmatchedMessages() {
  const query = useQuery(unmatchedQuery);
  // What is being mapped stays as it was when it was opened, though the next message may be here already.
  const [chosen, setChosen] = useState<Unmatched | null>(null);
  return (
    <Section title="Not understood yet" hint={HINT}>
      <Await query={query} what="the messages">
        {(messages) =>
          messages.length === 0 ? (
            <Empty title="Everything that arrives is understood">
              A message on a topic or path that nothing is mapped to appears here within seconds, with its
              values.
            </Empty>
          ) : (
            <Rows label="Not understood yet">
              {messages.map((message) => (
                <MessageRow
                  key={`${message.source} ${message.name}`}
                  message={message}
                  onMap={() => setChosen(message)}
                />
              ))}
            </Rows>
          )
        }
      </Await>
      <Dialog
        opened={chosen !== null}
        onClose={() => setChosen(null)}
        title={`Map ${chosen?.name ?? ""}`}
        size="lg"
        keep
      >
        {chosen && <MappingForm message={chosen} onDone={() => setChosen(null)} />}
      </Dialog>
    </Section>
  );
}

function MessageRow({ message, onMap }: { message: Unmatched; onMap: () => void }) {
  const now = useServerNow(5_000);
  const { name, source, count, last_at, payload } = message;
  return (
    <Row
      title={
        <>
          {name} <Tag>{source.toUpperCase()}</Tag>
        </>
      }
      note={
        <>
          {count.toLocaleString()} {count === 1 ? "message" : "messages"}, the last {ago(last_at, now)}
          <code className={classes.payload}>{payload}</code>
        </>
      }
      actions={
        <Button variant="default" aria-label={`Map ${name}`} onClick={onMap}>
          Map
        </Button>
      }
    />
  );
}
