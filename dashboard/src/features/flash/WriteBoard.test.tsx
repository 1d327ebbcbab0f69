import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import type { Chip, OpenBoard, Write } from "./board";
import { BoardLost } from "./trouble";
import { WriteBoard } from "./WriteBoard";

const CHIP: Chip = {
  family: "ESP32",
  description: "ESP32-D0WD (revision 3)",
  mac: "24:0a:c4:12:34:56",
  flashBytes: 4 << 20,
};

/** A board that takes what it is given; `ends` is called with each write and may fail it. */
function aBoard(chip: Chip = CHIP, ends: (what: Write) => Promise<void> = () => Promise.resolve()) {
  const written: Write[] = [];
  const calls: string[] = [];
  const open: OpenBoard = (log) => {
    log("Connecting...");
    log("Writing at 0x1000... (3%)");
    return Promise.resolve({
      chip,
      write: async (what) => {
        written.push(what);
        await ends(what);
      },
      restart: () => Promise.resolve(void calls.push("restart")),
      close: () => Promise.resolve(void calls.push("close")),
    });
  };
  return { open, written, calls };
}

function whole(chip = 0): File {
  const bytes = new Uint8Array(0x9000).fill(0xff);
  bytes.set([0xe9, 3, 2, 0x20, 0, 0, 8, 0x40, 0xee, 0, 0, 0, chip, 0], chip === 0 ? 0x1000 : 0);
  bytes.set([0xaa, 0x50], 0x8000);
  return new File([bytes], "flash.bin");
}

async function choose(file: File) {
  await userEvent.upload(await screen.findByLabelText("Image"), file);
}
// By its words: looking a role up goes through the whole page each time.
const button = (words: string) => screen.getByText(words).closest("button");
const press = async (words: string) => {
  const found = button(words);
  if (found !== null) await userEvent.click(found);
};
const writeButton = () => button("Write to the board");

it("writes a file to a board, with everything erased first when asked, and starts it", async () => {
  fakeServer({ "GET /releases": [200, []] });
  let finish = () => undefined as unknown;
  const { open, written, calls } = aBoard(CHIP, () => new Promise<void>((resolve) => (finish = resolve)));
  await show(<WriteBoard open={open} />);
  await choose(whole());
  expect(await screen.findByText("everything for a blank board")).toBeVisible();
  expect(writeButton()).toBeDisabled();
  await press("Connect a board");
  expect(await screen.findByText("24:0a:c4:12:34:56")).toBeVisible();
  expect(screen.getByText("ESP32-D0WD (revision 3)")).toBeVisible();
  await userEvent.click(screen.getByLabelText("Erase everything first"));
  await press("Write to the board");
  expect(await screen.findByText(/^Erasing/)).toBeVisible();
  expect(written[0]).toMatchObject({ address: 0, erase: true });
  expect(written[0]?.bytes.length).toBe(0x9000);

  act(() => written[0]?.onProgress(0.42));
  expect(screen.getByText("Writing, 42 %")).toBeVisible();
  expect(screen.getByLabelText("Progress of the writing")).toHaveAttribute("aria-valuenow", "42");
  act(() => written[0]?.onProgress(1));
  expect(screen.getByText(/^Comparing what is in the flash/)).toBeVisible();
  finish();
  expect(await screen.findByText(/the board has started again\. Its files come next/)).toBeVisible();
  expect(calls).toEqual(["restart"]);
  expect(writeButton()).toBeDisabled();
  const log = screen.getByLabelText("the log");
  expect(log).toHaveTextContent("Connecting... Written and compared.");
  expect(log).not.toHaveTextContent("Writing at");
});

it("does not write what the chip could not start", async () => {
  fakeServer({ "GET /releases": [200, []] });
  const { open } = aBoard({ ...CHIP, family: "ESP32-S3" });
  await show(<WriteBoard open={open} />);
  await choose(whole());
  await press("Connect a board");
  expect(await screen.findByText(/The file is for ESP32, and this board is an ESP32-S3/)).toBeVisible();
  expect(writeButton()).toBeDisabled();
  await choose(whole(9));
  await waitFor(() => expect(writeButton()).toBeEnabled());
  expect(screen.queryByText(/would not start/)).toBeNull();
});

it("says what a file is not, and erases nothing for a file system", async () => {
  fakeServer({ "GET /releases": [200, []] });
  const { open, written } = aBoard();
  await show(<WriteBoard open={open} />);
  await choose(new File(["hello"], "notes.bin"));
  expect(await screen.findByText(/notes\.bin is nothing that a board could start/)).toBeVisible();
  await choose(whole());
  await userEvent.click(await screen.findByLabelText("Erase everything first"));
  const files = new Uint8Array(720896);
  files.set(new TextEncoder().encode("littlefs"), 8);
  await choose(new File([files], "filesystem.bin"));
  expect(await screen.findByText("0x310000")).toBeVisible();
  expect(screen.getByLabelText("Erase everything first")).toBeDisabled();
  await press("Connect a board");
  await waitFor(() => expect(writeButton()).toBeEnabled());
  await press("Write to the board");
  await waitFor(() => expect(written[0]).toMatchObject({ address: 0x310000, erase: false }));
});

it("says in plain words what went wrong, lets go of the port, and can begin again", async () => {
  fakeServer({ "GET /releases": [200, []] });
  const { open, calls } = aBoard(CHIP, () => Promise.reject(new BoardLost()));
  await show(<WriteBoard open={open} />);
  await choose(whole());
  await press("Connect a board");
  await waitFor(() => expect(writeButton()).toBeEnabled());
  await press("Write to the board");
  expect(await screen.findByRole("alert")).toHaveTextContent("The board is gone: the cable was pulled");
  expect(calls).toEqual(["close"]);
  expect(button("Connect a board")).toBeEnabled();
  expect(writeButton()).toBeDisabled();
});

it("takes it lightly that nobody chose a port", async () => {
  fakeServer({ "GET /releases": [200, []] });
  const error = Object.assign(new Error("No port selected by the user."), { name: "NotFoundError" });
  const open = vi.fn<OpenBoard>().mockRejectedValueOnce(error).mockImplementation(aBoard().open);
  await show(<WriteBoard open={open} />);
  await press("Connect a board");
  expect(await screen.findByRole("alert")).toHaveTextContent("No port was chosen");
  await press("Connect a board");
  expect(await screen.findByText(CHIP.mac)).toBeVisible();
  expect(screen.queryByRole("alert")).toBeNull();
});
