import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { feed } from "@/api/live/cache";
import { aChannel, aDevice, anAlert } from "@/testing/builders";
import { ADMIN, show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { AlertsPage } from "./AlertsPage";

const HOUR = 3_600_000;
const kettle = anAlert({ id: "5", severity: "critical", raised_at: Date.now() - HOUR });
const builtin = (name: string, enabled = true) => ({ id: name, name, builtin: name, enabled });
const house = {
  "GET /devices": [200, { items: [aDevice({ channels: [aChannel()] })], next: null }],
  "GET /rules": [200, [builtin("silence"), builtin("stuck"), builtin("implausible", false)]],
  "GET /sites": [200, [{ id: "1", name: "Home", zone: "UTC" }]],
} as const;
const inbox = (...items: unknown[]) => ({ ...house, "GET /alerts": [200, { items, next: null }] as const });
const cards = async () =>
  within(await screen.findByRole("list", { name: "Open alerts" })).getAllByRole("listitem");

describe("the inbox", () => {
  it("says what, where, since when and at which value, the gravest first", async () => {
    fakeServer(inbox(anAlert({ id: "6", text: "Attic is silent", severity: "info" }), kettle));
    await show(<AlertsPage />);
    const [first, second] = await cards();
    expect(first).toHaveTextContent("Critical");
    expect(first).toHaveTextContent("Kitchen power is above 2 kW");
    expect(first).toHaveTextContent("1 h ago");
    expect(first).toHaveTextContent("Power 2.400 kW when raised");
    expect(second).toHaveTextContent("Attic is silent");
  });

  it("is acknowledged with a note, and says so", async () => {
    const seen = { ...kettle, state: "acknowledged", acknowledged_by: "ada", note: "tea" };
    const asked = fakeServer({ ...inbox(kettle), "POST /alerts/5/acknowledge": [200, seen] });
    await show(<AlertsPage />);
    await userEvent.click(await screen.findByRole("button", { name: /^Acknowledge: Kitchen/ }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.type(within(dialog).getByLabelText(/^Note/), "tea");
    await userEvent.click(within(dialog).getByRole("button", { name: "Acknowledge" }));
    await waitFor(async () => expect((await cards())[0]).toHaveTextContent("Acknowledged by you: tea"));
    expect(asked).toContainEqual({ method: "POST", path: "/alerts/5/acknowledge", body: { note: "tea" } });
  });

  it("is snoozed, and woken by undo", async () => {
    const snoozed = { ...kettle, snoozed_until: Date.now() + 2 * HOUR };
    const asked = fakeServer({ ...inbox(kettle), "POST /alerts/5/snooze": [200, snoozed] });
    await show(<AlertsPage />);
    await userEvent.click(await screen.findByRole("button", { name: /^Snooze: Kitchen/ }));
    await userEvent.type(await screen.findByLabelText("Hours"), "2");
    await userEvent.click(screen.getByRole("button", { name: "Snooze" }));
    await waitFor(async () => expect((await cards())[0]).toHaveTextContent("Snoozed until"));
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(asked.filter(({ method }) => method === "POST")).toHaveLength(2));
    expect(asked.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
      { for_s: 7200 },
      { for_s: 0 },
    ]);
  });

  it("says why something could not be done", async () => {
    const refusal = { title: "Conflict", status: 409, detail: "an alert that is cleared cannot be snoozed" };
    fakeServer({ ...inbox(kettle), "POST /alerts/5/clear": [409, refusal] });
    await show(<AlertsPage />);
    await userEvent.click(await screen.findByRole("button", { name: /^Clear: Kitchen/ }));
    await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Clear" }));
    expect(await screen.findByText("An alert that is cleared cannot be snoozed")).toBeVisible();
  });

  it("gives a viewer nothing to press", async () => {
    fakeServer(inbox(kettle));
    await show(<AlertsPage />, { me: { ...ADMIN, role: "viewer" } });
    await cards();
    expect(screen.queryByRole("button", { name: /^Acknowledge/ })).toBeNull();
    expect(screen.queryByRole("link", { name: "Where to" })).toBeNull();
  });

  it("follows the live view", async () => {
    fakeServer(inbox(kettle));
    const { cache } = await show(<AlertsPage />);
    await cards();
    act(() => feed(cache, { type: "alert", alert: anAlert({ id: "9", text: "Freezer is warm" }) }));
    expect(await screen.findByRole("link", { name: "Freezer is warm" })).toBeVisible();
    act(() => feed(cache, { type: "alert", alert: { ...kettle, state: "cleared" } }));
    await waitFor(async () => expect(await cards()).toHaveLength(1));
  });

  it("is quiet, and names what watches", async () => {
    fakeServer(inbox());
    await show(<AlertsPage />);
    expect(await screen.findByText("All quiet")).toBeVisible();
    const watching = "Two rules watch by default: a device that falls silent, a value that never changes.";
    expect(await screen.findByText(watching)).toBeVisible();
  });

  it("asks the history for what the filters say", async () => {
    const asked = fakeServer(inbox());
    await show(<AlertsPage />);
    await screen.findByText("All quiet");
    await userEvent.selectOptions(screen.getByLabelText("Severity"), "critical");
    await userEvent.selectOptions(await screen.findByLabelText("Device"), "Kitchen");
    await waitFor(() =>
      expect(asked.map(({ path }) => path)).toContain(
        "/alerts?limit=50&state=cleared&device=1&severity=critical",
      ),
    );
  });
});
