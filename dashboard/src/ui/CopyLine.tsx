import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useRef } from "react";

import classes from "./CopyLine.module.css";
import { Icon } from "./Icon";

/** A line to copy. Browsers give the clipboard to secure pages only; elsewhere the line is selected, ready for Ctrl+C. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  const line = useRef<HTMLPreElement>(null);
  const clipboard = useClipboard({ timeout: 2000 });
  const secure = window.isSecureContext;
  const select = () => {
    if (line.current) window.getSelection()?.selectAllChildren(line.current);
  };
  return (
    <div className={classes.row}>
      <pre ref={line} className={classes.line} tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name={clipboard.copied ? "check" : "copy"} size={15} />}
        onClick={() => (secure ? clipboard.copy(text) : select())}
        aria-label={`${secure ? "Copy" : "Select"} ${label}`}
      >
        {clipboard.copied ? "Copied" : secure ? "Copy" : "Select"}
      </Button>
    </div>
  );
}
