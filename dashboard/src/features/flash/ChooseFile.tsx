import { Select, Stack } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";

import { releaseFile, releasesQuery } from "@/api/updates";
import { formatBytes } from "@/lib/units";
import { Facts } from "@/ui/Facts";
import { FileDrop } from "@/ui/FileDrop";
import { FormTrouble } from "@/ui/FormTrouble";
import { Notice } from "@/ui/Notice";
import { Section } from "@/ui/Section";

import { hex, type Image, imageWords, recognise } from "./image";

export interface Chosen {
  name: string;
  bytes: Uint8Array;
  /** null: nothing for a board. */
  image: Image | null;
}

const HINT =
  "“ohmstead firmware build” makes flash.bin, for a blank board, and “ohmstead firmware provision” puts Wi-Fi, server and token into filesystem.bin. A blank board gets both, one after the other.";

/** From this computer, or a vendor's image that the server keeps. */
export function ChooseFile({
  chosen,
  disabled,
  onChoose,
}: {
  chosen: Chosen | null;
  disabled: boolean;
  onChoose: (chosen: Chosen) => void;
}) {
  const releases = useQuery(releasesQuery).data ?? [];
  const images = releases.filter(({ kind, unusable }) => kind === "image" && unusable === null);
  const take = (name: string, content: ArrayBuffer) => {
    const bytes = new Uint8Array(content);
    onChoose({ name, bytes, image: recognise(bytes) });
  };
  const fetched = useMutation({
    mutationFn: (id: string) => releaseFile(id),
    onSuccess: (content, id) => {
      const release = images.find((one) => one.id === id);
      take(`${release?.files[0]?.path ?? "image"} ${release?.version ?? ""}`.trim(), content);
    },
  });
  return (
    <Section title="1. What to write" hint={HINT}>
      <Stack>
        <FileDrop
          label="Image"
          hint="Drop flash.bin or filesystem.bin here"
          accept=".bin"
          chosen={chosen?.name ?? null}
          onFile={(file) => {
            if (!disabled) void file.arrayBuffer().then((content) => take(file.name, content));
          }}
        />
        {images.length > 0 && (
          <Select
            label="Or a vendor's image that is here already"
            placeholder="Choose a release"
            disabled={disabled || fetched.isPending}
            data={images.map(({ id, version, boards }) => ({
              value: id,
              label: `${version} for ${boards.join(", ")}`,
            }))}
            value={fetched.variables ?? null}
            onChange={(id) => id !== null && fetched.mutate(id)}
          />
        )}
        <FormTrouble error={fetched.error} />
        {chosen?.image === null && (
          <Notice level="error">
            {chosen.name} is nothing that a board could start. Bundles (.tar) reach a device that runs
            already, by a rollout.
          </Notice>
        )}
        {chosen?.image && (
          <Facts
            facts={[
              ["What it is", imageWords(chosen.image)],
              ["For", chosen.image.family ?? "a chip that this page does not know"],
              ["Goes to", hex(chosen.image.address)],
              ["Size", formatBytes(chosen.bytes.length)],
            ]}
          />
        )}
      </Stack>
    </Section>
  );
}
