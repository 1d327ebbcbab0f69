import { Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface DialogProps {
  opened: boolean;
  title: string;
  onClose: () => void;
  /** Holds something that is lost when it closes: a click beside it does nothing. */
  keep?: boolean;
  size?: "md" | "lg";
  children: ReactNode;
}

export function Dialog({ opened, title, onClose, keep = false, size = "md", children }: DialogProps) {
  return (
    <Modal.Root opened={opened} onClose={onClose} closeOnClickOutside={!keep} size={size} centered>
      <Modal.Overlay />
      <Modal.Content>
        {/* A <header> in a dialog would count as a second banner of the page. */}
        <Modal.Header role="none">
          <Modal.Title fw={650}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
