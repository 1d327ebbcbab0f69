import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { ADMIN, show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { RulesPage } from "./RulesPage";

const kettle = {
  id: "7",
  name: "Kettle",
  condition: { kind: "threshold", above: 2000, below: null, for_s: 300, hysteresis: 0 },
  scope: { channel_id: "10" },
  severity: "critical",
  enabled: true,
  quiet: null,
  cooldown_s: 900,
  targets: null,
  escalation: null,
  actions: [],
  priority: 0,
  builtin: null,
  sentence: "When Kitchen power is above 2 kW: raise an alert.",
  trouble: null,
  channels: 1,
  open_alerts: 1,
  alerts: 3,
  last_raised_at: Date.now() - 7_200_000,
  author: "ada",
  changed_at: 0,
};
const silent = {
  ...kettle,
  id: "1",
  name: "Device is silent",
  builtin: "silence",
  alerts: 0,
  last_raised_at: null,
};
const row = async (name: string) => {
  const found = (await screen.findAllByRole("listitem")).find((item) => item.textContent.includes(name));
  expect(found).toBeDefined();
  return found as HTMLElement;
};

it("says each rule as a sentence, how often it fired, and which are there from the start", async () => {
  fakeServer({ "GET /rules": [200, [kettle, silent]] });
  await show(<RulesPage />);
  expect(await row("Kettle")).toHaveTextContent("When Kitchen power is above 2 kW: raise an alert.");
  expect(await row("Kettle")).toHaveTextContent("fired 3 times, last 2 h ago · 1 open");
  expect(await row("Device is silent")).toHaveTextContent(/default.*has never fired/);
});

it("is turned off by its switch alone", async () => {
  const asked = fakeServer({
    "GET /rules": [200, [kettle]],
    "PATCH /rules/7": [200, { ...kettle, enabled: false }],
  });
  await show(<RulesPage />);
  await userEvent.click(await screen.findByRole("switch", { name: "Kettle watches" }));
  await waitFor(() => expect(screen.getByRole("switch", { name: "Kettle watches" })).not.toBeChecked());
  expect(asked).toContainEqual({ method: "PATCH", path: "/rules/7", body: { enabled: false } });
});

it("is deleted, and comes back by undo as it was", async () => {
  const asked = fakeServer({
    "GET /rules": [200, [kettle]],
    "DELETE /rules/7": [204],
    "POST /rules": [201, { ...kettle, id: "8" }],
  });
  await show(<RulesPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Delete Kettle" }));
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(asked.some(({ method }) => method === "POST")).toBe(true));
  expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({
    name: "Kettle",
    condition: kettle.condition,
    scope: { channel_id: "10" },
    severity: "critical",
  });
});

it("says when its channel is gone", async () => {
  fakeServer({ "GET /rules": [200, [{ ...kettle, trouble: "its channel is gone", channels: 0 }]] });
  await show(<RulesPage />);
  expect(within(await row("Kettle")).getByRole("note")).toHaveTextContent(
    "watches nothing now: its channel is gone",
  );
});

it("is looked at, not touched, by a viewer", async () => {
  fakeServer({ "GET /rules": [200, [kettle]] });
  await show(<RulesPage />, { me: { ...ADMIN, role: "viewer" } });
  await row("Kettle");
  expect(screen.queryByRole("switch")).toBeNull();
  expect(screen.queryByRole("link", { name: "Add rule" })).toBeNull();
});
