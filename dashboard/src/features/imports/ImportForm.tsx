import { Autocomplete, Button, Group, NativeSelect, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { devicesQuery } from "@/api/devices";
import { useBringIn } from "@/api/imports";
import type { CsvPreview } from "@/api/types";
import { zones } from "@/lib/zones";
import { FormTrouble } from "@/ui/FormTrouble";
import { useToast } from "@/ui/toasts";

import { ColumnPicker } from "./ColumnPicker";
import { type Column, faultOf, type Kind, optionsOf, type Wish } from "./order";
import { PreviewTable } from "./PreviewTable";

interface ImportFormProps {
  file: File;
  kind: Kind;
  zone: string;
  /** Of a table: how it is written. */
  preview: { found: CsvPreview; columns: Column[] } | null;
  onDone: () => void;
}

export function ImportForm({ file, kind, zone, preview, onDone }: ImportFormProps) {
  const [wish, setWish] = useState<Wish>(() => ({
    kind,
    serial: "",
    zone,
    firstDate: "",
    timeColumn: preview?.found.time_column ?? null,
    columns: preview?.columns ?? [],
  }));
  const devices = useQuery(devicesQuery).data ?? [];
  const bringIn = useBringIn();
  const toast = useToast();
  const set = (change: Partial<Wish>) => setWish({ ...wish, ...change });
  const fault = faultOf(wish);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    bringIn.mutate(
      { file, kind, options: optionsOf(wish) },
      {
        onSuccess: () => {
          onDone();
          toast({ text: `${file.name} is being imported.` });
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {preview && <PreviewTable preview={preview.found} />}
        {preview && (
          <NativeSelect
            label="Column of the time"
            data={[{ value: "", label: "Choose a column" }, ...preview.found.columns]}
            value={wish.timeColumn ?? ""}
            onChange={(event) => set({ timeColumn: event.currentTarget.value || null })}
          />
        )}
        {preview && (
          <ColumnPicker
            columns={wish.columns.filter(({ column }) => column !== wish.timeColumn)}
            onChange={(columns) => set({ columns })}
          />
        )}
        {kind !== "meter-sqlite" && (
          <Autocomplete
            label={kind === "csv" ? "Serial of the device" : "Serial of the device (optional)"}
            description="One that is here, or a new one"
            data={devices.map(({ serial }) => serial)}
            value={wish.serial}
            onChange={(serial) => set({ serial: serial.trim() })}
            spellCheck={false}
          />
        )}
        {kind === "current-logger" && (
          <TextInput
            type="date"
            label="Date of the first row (optional)"
            description="The logger writes no dates; without one the file's own time tells the last day"
            value={wish.firstDate}
            onChange={(event) => set({ firstDate: event.currentTarget.value })}
          />
        )}
        {preview?.found.zoned !== true && (
          <Select
            label="Clock of the times"
            description="Times in the file that do not say their zone are of this one"
            data={zones()}
            value={wish.zone}
            onChange={(chosen) => chosen && set({ zone: chosen })}
            searchable
            allowDeselect={false}
            nothingFoundMessage="No such zone"
            limit={50}
          />
        )}
        <FormTrouble error={bringIn.error} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed" role="status">
            {fault}
          </Text>
          <Button type="submit" loading={bringIn.isPending} disabled={fault !== null}>
            Start import
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
