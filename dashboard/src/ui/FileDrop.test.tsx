import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { show } from "@/testing/render";

import { FileDrop } from "./FileDrop";

it("takes a file that is dropped and one that is chosen", async () => {
  const taken: string[] = [];
  await show(
    <FileDrop label="Bundle" hint="Drop it here" chosen={null} onFile={({ name }) => taken.push(name)} />,
  );
  fireEvent.drop(screen.getByText("Drop it here"), { dataTransfer: { files: [new File(["x"], "a.tar")] } });
  await userEvent.upload(screen.getByLabelText("Bundle"), new File(["y"], "b.bin"));
  expect(taken).toEqual(["a.tar", "b.bin"]);
});

it("takes nothing when only text is dropped", async () => {
  const taken: string[] = [];
  await show(
    <FileDrop label="Bundle" hint="Drop it here" chosen={null} onFile={({ name }) => taken.push(name)} />,
  );
  fireEvent.drop(screen.getByText("Drop it here"), { dataTransfer: { files: [] } });
  expect(taken).toEqual([]);
});
