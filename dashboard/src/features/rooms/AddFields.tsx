import { Button, Group, TextInput } from "@mantine/core";

export function NameField({
  hint,
  name,
  onName,
}: {
  hint?: string;
  name: string;
  onName: (name: string) => void;
}) {
  return (
    <TextInput
      label="Name of the light or relay"
      description={hint}
      placeholder="Ceiling light"
      maxLength={64}
      required
      autoComplete="off"
      value={name}
      onChange={(event) => onName(event.currentTarget.value)}
    />
  );
}

export const AddButton = ({ busy }: { busy: boolean }) => (
  <Group justify="flex-end">
    <Button type="submit" loading={busy}>
      Add
    </Button>
  </Group>
);
