import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import type { Release } from "@/api/types";
import { aDevice } from "@/testing/builders";
import { show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { RolloutForm } from "./RolloutForm";

const release = { id: "7", kind: "bundle", version: "1.5.0", boards: ["esp32"] } as Release;
const node = (id: string, firmware: string) =>
  aDevice({ id, name: `Node ${id}`, details: { board: "esp32", firmware } });
const FLEET = [node("1", "1.4.0"), node("2", "1.4.0"), node("3", "1.4.0"), node("4", "1.6.0")];

it("shows who is in which wave before anything begins, and starts exactly that", async () => {
  const asked = fakeServer({ "POST /rollouts": [201, { id: "9" }], "GET /sites": [200, []] });
  await show(<RolloutForm release={release} devices={FLEET} />);
  const waves = () => screen.getAllByRole("listitem").map((one) => one.textContent);
  expect(waves()).toEqual(["Wave 1: 1 deviceNode 1", "Wave 2: 2 devicesNode 2, Node 3"]);
  expect(screen.getByText(/1 device with something newer is left out/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Start rollout to 3 devices" }));
  await waitFor(() =>
    expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({
      release_id: "7",
      devices: ["1", "2", "3"],
      downgrade_reason: "",
    }),
  );
});

it("takes devices back to an older version only with a reason", async () => {
  fakeServer({ "GET /sites": [200, []] });
  await show(<RolloutForm release={release} devices={FLEET} />);
  await userEvent.click(screen.getByLabelText("Bring newer devices back, too"));
  const start = screen.getByRole("button", { name: "Start rollout to 4 devices" });
  expect(start).toBeDisabled();
  await userEvent.type(screen.getByLabelText("Why older firmware is wanted"), "it drops out");
  expect(start).toBeEnabled();
});

it("goes to a group, and to nobody else", async () => {
  const grouped = FLEET.map((one) => ({ ...one, groups: one.id === "3" ? ["Cellar"] : [] }));
  const asked = fakeServer({ "POST /rollouts": [201, { id: "9" }], "GET /sites": [200, []] });
  await show(<RolloutForm release={release} devices={grouped} />);
  await userEvent.click(screen.getByText("Group", { exact: true }));
  expect(screen.getByLabelText("Group", { selector: "select" })).toHaveValue("Cellar");
  await userEvent.click(screen.getByRole("button", { name: "Start rollout to 1 device" }));
  await waitFor(() =>
    expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({ devices: ["3"] }),
  );
});

it("tells where groups come from while there are none", async () => {
  fakeServer({ "GET /sites": [200, []] });
  await show(<RolloutForm release={release} devices={FLEET} />);
  await userEvent.click(screen.getByText("Group", { exact: true }));
  expect(screen.getByText(/Groups are given on the settings page/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Start rollout" })).toBeDisabled();
});

it("says so when nobody would get it", async () => {
  fakeServer({ "GET /sites": [200, []] });
  await show(<RolloutForm release={release} devices={[node("5", "1.5.0")]} />);
  await userEvent.click(screen.getByText("All", { exact: true }));
  expect(screen.getByText("No device would get it.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Start rollout" })).toBeDisabled();
});
