import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import type { Rollout } from "@/api/types";
import { show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { Steering } from "./Steering";

const rollout = (given: Partial<Rollout> = {}) =>
  ({
    id: "4",
    state: "running",
    version: "1.5.0",
    counts: [{ confirmed: 1, proving: 1 }, { planned: 8 }],
    undoes: null,
    rolled_back_by: [],
    ...given,
  }) as unknown as Rollout;

it("pauses at once, and stops only after it was asked", async () => {
  const asked = fakeServer({
    "POST /rollouts/4/pause": [200, rollout()],
    "POST /rollouts/4/stop": [200, rollout()],
  });
  await show(<Steering rollout={rollout()} />);
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  await userEvent.click(screen.getByRole("button", { name: "Stop" }));
  const posts = () => asked.filter(({ method }) => method === "POST").map(({ path }) => path);
  expect(posts()).toEqual(["/rollouts/4/pause"]);
  await userEvent.click(
    within(await screen.findByRole("dialog")).getByRole("button", { name: "Stop it now" }),
  );
  expect(posts()).toEqual(["/rollouts/4/pause", "/rollouts/4/stop"]);
});

it("says how many devices a roll back touches", async () => {
  fakeServer({});
  await show(<Steering rollout={rollout()} />);
  await userEvent.click(screen.getByRole("button", { name: "Roll back" }));
  expect(await screen.findByRole("dialog")).toHaveTextContent("2 devices that took 1.5.0");
});

it("says why the server would not", async () => {
  fakeServer({
    "POST /rollouts/4/pause": [409, { title: "Conflict", status: 409, detail: "it is done already" }],
  });
  await show(<Steering rollout={rollout()} />);
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("It is done already");
});

it.each([
  [{ state: "done", rolled_back_by: ["5"] }, []],
  [{ state: "done" }, ["Roll back"]],
  [{ state: "paused", counts: [{ planned: 3 }] }, ["Go on", "Stop"]],
  [{ state: "stopped", undoes: "3" }, []],
] as const)("offers what is possible for %o", async (given, buttons) => {
  await show(<Steering rollout={rollout(given as unknown as Partial<Rollout>)} />);
  expect(screen.queryAllByRole("button").map((button) => button.textContent)).toEqual(buttons);
});
