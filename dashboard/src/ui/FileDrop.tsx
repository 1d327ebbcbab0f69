import { Button } from "@mantine/core";
import { useId, useRef, useState } from "react";

import classes from "./FileDrop.module.css";

interface FileDropProps {
  label: string;
  hint: string;
  /** Endings for the file dialog: ".tar,.bin". */
  accept?: string;
  chosen: string | null;
  onFile: (file: File) => void;
}

/** A place to drop a file on, or to choose one with a button; the same for keyboard and mouse. */
export function FileDrop({ label, hint, accept, chosen, onFile }: FileDropProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (file: File | null | undefined) => {
    setOver(false);
    if (file) onFile(file);
  };
  return (
    <div
      className={classes.drop}
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        take(event.dataTransfer.files[0]);
      }}
    >
      <label htmlFor={id} className={classes.label}>
        {label}
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        tabIndex={-1}
        className="visually-hidden"
        accept={accept}
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      <p className={classes.hint}>{chosen ?? hint}</p>
      <Button variant="default" size="xs" onClick={() => input.current?.click()}>
        {chosen === null ? "Choose a file" : "Choose another file"}
      </Button>
    </div>
  );
}
