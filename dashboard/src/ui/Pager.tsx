import { Button, Group } from "@mantine/core";

/** Where each page began that was turned to, the newest first; null is the beginning. */
export type Marks = readonly (string | null)[];

interface PagerProps {
  marks: Marks;
  /** Where the next page begins; null on the last one. */
  next: string | null;
  onTurn: (marks: Marks) => void;
}

/** Turns pages of a list whose newest come first; nothing when there is only one. */
export function Pager({ marks, next, onTurn }: PagerProps) {
  if (marks.length === 1 && next === null) return null;
  return (
    <Group justify="space-between">
      <Button variant="default" disabled={marks.length === 1} onClick={() => onTurn(marks.slice(0, -1))}>
        Newer
      </Button>
      <Button variant="default" disabled={next === null} onClick={() => onTurn([...marks, next])}>
        Older
      </Button>
    </Group>
  );
}
