import { Stack, Text } from "@mantine/core";

import { CopyLine } from "@/ui/CopyLine";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Section";

import type { Support } from "./board";

const BROWSERS = "Chrome, Edge or Opera on a computer; Safari and browsers on phones cannot do it";

/** Why nothing can be flashed from here, and the ways that lead there. */
export const Unsupported = ({ why }: { why: Exclude<Support, "ready"> }) => (
  <Section title="What is missing">
    <Stack>
      {why === "insecure" ? (
        <>
          <Notice level="info">
            This page came over plain HTTP. Browsers give serial ports only to pages that came encrypted, or
            from the same computer.
          </Notice>
          <Text size="sm">
            Give the server an encrypted port (docs/how-to/encrypted-ports.md), let this computer trust its
            authority (/ca.crt), and open the page with https://. On the server:
          </Text>
          <CopyLine
            label="the commands for an encrypted port"
            text={"ohmstead tls init --data-dir data\nohmstead serve --data-dir data --https-port 8443"}
          />
          <Text size="sm">
            Or open it on the computer that runs the server, with http://localhost and the same port. Either
            way in {BROWSERS}.
          </Text>
        </>
      ) : (
        <Notice level="info">This browser cannot use serial ports. Open this page in {BROWSERS}.</Notice>
      )}
      <Text size="sm">Without a browser, with the board on the computer where Ohmstead is installed:</Text>
      <CopyLine
        label="the command that flashes a board"
        text="ohmstead firmware flash build/firmware/flash.bin --board esp32 --erase"
      />
    </Stack>
  </Section>
);
