import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { dayWords } from "@/lib/zoned";

interface ExceptionsProps {
  dates: readonly string[];
  onDates: (dates: readonly string[]) => void;
}

/** Days on which a schedule does not run. */
export function Exceptions({ dates, onDates }: ExceptionsProps) {
  const [date, setDate] = useState("");
  const add = () => {
    if (date !== "" && !dates.includes(date)) onDates([...dates, date].toSorted());
    setDate("");
  };
  return (
    <Stack gap={8}>
      <Group align="flex-end" gap="xs">
        <TextInput
          type="date"
          label="Not on these days"
          style={{ flex: 1 }}
          value={date}
          onChange={(event) => setDate(event.currentTarget.value)}
        />
        <Button variant="default" disabled={date === ""} onClick={add}>
          Add day
        </Button>
      </Group>
      {dates.length > 0 && (
        <Group gap={6} component="ul" className="plain-list">
          {dates.map((one) => {
            const words = dayWords(one, {
              weekday: "short",
              day: "numeric",
              month: "short",
              year: "numeric",
            });
            return (
              <li key={one}>
                <Button
                  variant="default"
                  size="compact-md"
                  fw={400}
                  aria-label={`Take away ${words}`}
                  onClick={() => onDates(dates.filter((other) => other !== one))}
                >
                  {words}
                  <Text component="span" ml={6} aria-hidden="true">
                    ×
                  </Text>
                </Button>
              </li>
            );
          })}
        </Group>
      )}
    </Stack>
  );
}
