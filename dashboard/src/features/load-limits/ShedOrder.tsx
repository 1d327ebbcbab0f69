import { Anchor, Button, NativeSelect } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { useChangeOutput } from "@/api/outputs";
import { useMayOperate } from "@/api/session";
import type { Output } from "@/api/types";
import { statusWords } from "@/lib/outputs";
import { Empty } from "@/ui/Empty";
import { FormTrouble } from "@/ui/FormTrouble";
import { Icon } from "@/ui/Icon";
import { Row, Rows } from "@/ui/Rows";
import { Section } from "@/ui/Section";

import { keptOn, moved, renumbered, shedOrder } from "./order";

/** What may be switched off, first things first. */
export function ShedOrder({ outputs }: { outputs: readonly Output[] }) {
  const mayOperate = useMayOperate();
  const change = useChangeOutput();
  const order = shedOrder(outputs);
  const rest = keptOn(outputs);
  const ids = order.map(({ id }) => id);
  const arrange = (wanted: readonly string[]) => {
    for (const { output, priority } of renumbered(wanted, outputs))
      change.mutate({ id: output.id, options: { ...output.options, priority } });
  };
  const keep = (output: Output) =>
    change.mutate({ id: output.id, options: { ...output.options, priority: null } });
  return (
    <Section
      title="What goes first"
      hint="From the top down, until the load fits; all limits share this order."
    >
      {outputs.length === 0 ? (
        <Empty title="There is nothing to switch off">
          Put lights and relays into{" "}
          <Anchor component={Link} to="/rooms" size="sm" underline="always">
            rooms
          </Anchor>{" "}
          first.
        </Empty>
      ) : (
        <>
          {order.length === 0 && (
            <Empty title="Nothing may be switched off yet">
              Without anything in this list, a limit can do nothing.
            </Empty>
          )}
          <Rows label="Order of switching off">
            {order.map((output, place) => (
              <Row
                key={output.id}
                title={`${place + 1}. ${output.name}`}
                note={statusWords(output)}
                actions={
                  mayOperate && (
                    <>
                      <Button
                        variant="default"
                        px={10}
                        aria-label={`${output.name} earlier`}
                        disabled={place === 0}
                        onClick={() => arrange(moved(ids, place, -1))}
                      >
                        <Icon name="arrowUp" />
                      </Button>
                      <Button
                        variant="default"
                        px={10}
                        aria-label={`${output.name} later`}
                        disabled={place === order.length - 1}
                        onClick={() => arrange(moved(ids, place, 1))}
                      >
                        <Icon name="arrowDown" />
                      </Button>
                      <Button
                        variant="default"
                        aria-label={`Never switch off ${output.name}`}
                        onClick={() => keep(output)}
                      >
                        Never
                      </Button>
                    </>
                  )
                }
              />
            ))}
          </Rows>
          <FormTrouble error={change.error} />
          {mayOperate && rest.length > 0 && (
            <NativeSelect
              label="May also be switched off"
              mt="md"
              maw={360}
              data={[
                { value: "", label: "Choose …" },
                ...rest.map(({ id, name }) => ({ value: id, label: name })),
              ]}
              value=""
              onChange={(event) => {
                if (event.currentTarget.value !== "") arrange([...ids, event.currentTarget.value]);
              }}
            />
          )}
        </>
      )}
    </Section>
  );
}
