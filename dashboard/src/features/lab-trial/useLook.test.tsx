import { act, render, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import { fakeServer } from "@/testing/server";

import { type Looking, useLook } from "./useLook";

const textOf = ({ busy, error, run }: Looking): string =>
  busy ? "busy" : (error?.message ?? run?.parameters.onset_ms?.toString() ?? "nothing");

/** Plays somebody who drags the line over these places within one frame. */
function Stage({ places }: { places: readonly number[] }) {
  const looking = useLook("7");
  const drag = () => {
    for (const onset_ms of places) looking.look({ onset: "manual", onset_ms });
  };
  return (
    <>
      <button onClick={drag}>Drag</button>
      <button onClick={looking.forget}>Back</button>
      <p>{textOf(looking)}</p>
    </>
  );
}

const press = (name: string) => act(() => screen.getByRole("button", { name }).click());

it("recalculates only for where the line ends up, and keeps nothing", async () => {
  const asked = fakeServer({ "POST /trials/7/analyse": [200, { parameters: { onset_ms: 12 } }] });
  render(<Stage places={[10, 11, 12]} />);
  press("Drag");
  expect(screen.getByText("busy")).toBeVisible();
  await waitFor(() => expect(screen.getByText("12")).toBeVisible());
  expect(asked.map(({ body }) => body)).toEqual([
    { parameters: { onset: "manual", onset_ms: 12 }, keep: false },
  ]);
  press("Back");
  expect(screen.getByText("nothing")).toBeVisible();
});

it("says why a line cannot stand there", async () => {
  fakeServer({
    "POST /trials/7/analyse": [422, { title: "No", status: 422, detail: "after the last sample" }],
  });
  render(<Stage places={[99_999]} />);
  press("Drag");
  await waitFor(() => expect(screen.getByText("after the last sample")).toBeVisible());
});
