import { Alert, Code } from "@mantine/core";

/** For those who came here without the link. */
export function WhereIsTheLink() {
  return (
    <Alert color="ohm" title="You need the set-up link" mb="lg">
      The server printed it where it was started, in a line that ends in <Code>/setup#…</Code>. Open that
      link, or paste it below. Lost it? <Code>ohmstead user link</Code> on the server prints a new one; under
      systemd it is in <Code>journalctl -u ohmstead</Code>.
    </Alert>
  );
}
