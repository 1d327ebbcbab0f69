import { NativeSelect, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { previewQuery } from "@/api/imports";
import { sitesQuery } from "@/api/system";
import { localZone } from "@/lib/zones";
import { Await } from "@/ui/Await";
import { Section } from "@/ui/Section";

import { ImportForm } from "./ImportForm";
import classes from "./NewImport.module.css";
import { columnsOf, type Kind, kindOf, KINDS } from "./order";

const HINT =
  "Choose a file to bring its values in. Nothing is stored before you start, and values that are here already are not doubled.";

/** From a file to an import: what it is, what its columns mean, whose they are. */
export function NewImport() {
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useState<Kind>("csv");
  // A new form for each file, and after each import an empty one.
  const [round, setRound] = useState(0);
  const id = useId();
  const preview = useQuery(previewQuery(kind === "csv" ? file : null));
  const zone = useQuery(sitesQuery).data?.[0]?.zone ?? localZone();
  const choose = (chosen: File | null) => {
    setFile(chosen);
    if (chosen) setKind(kindOf(chosen.name));
  };
  const done = () => {
    setFile(null);
    setRound(round + 1);
  };
  return (
    <Section title="Bring data in" hint={HINT}>
      <Stack>
        <div>
          <label htmlFor={id} className={classes.label}>
            File
          </label>
          <input
            key={round}
            id={id}
            type="file"
            className={classes.file}
            onChange={(event) => choose(event.currentTarget.files?.[0] ?? null)}
          />
        </div>
        {file !== null && (
          <NativeSelect
            label="What it is"
            description={KINDS.find(({ value }) => value === kind)?.says}
            inputWrapperOrder={["label", "input", "description", "error"]}
            data={KINDS.map(({ value, label }) => ({ value, label }))}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Kind)}
          />
        )}
        {file !== null && kind !== "csv" && (
          <ImportForm key={kind} file={file} kind={kind} zone={zone} preview={null} onDone={done} />
        )}
        {file !== null && kind === "csv" && (
          <Await query={preview} what="the first rows">
            {(found) => (
              <ImportForm
                key={`${file.name} ${file.lastModified}`}
                file={file}
                kind={kind}
                zone={zone}
                preview={{ found, columns: columnsOf(found) }}
                onDone={done}
              />
            )}
          </Await>
        )}
      </Stack>
    </Section>
  );
}
