import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Schedule, Week } from "@/api/types";
import { anOutput } from "@/testing/builders";
import { show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { SchedulesPage } from "./SchedulesPage";

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2025, 9, 19, 22); // 20 October 2025 in Vienna; on its Sunday the clocks go back
const lengths = [24, 24, 24, 24, 24, 24, 25];
const starts = lengths.map((_, n) => MONDAY + n * 24 * HOUR);
const week: Week = {
  zone: "Europe/Vienna",
  days: lengths.map((hours, n) => {
    const start = starts[n] ?? 0;
    const date = `2025-10-${20 + n}`;
    return { date, start, end: start + hours * HOUR, sunrise: start + 7 * HOUR, sunset: start + 18 * HOUR };
  }),
  runs: [
    { schedule_id: "1", at: MONDAY + 7 * HOUR, excepted: false },
    { schedule_id: "1", at: MONDAY + 31 * HOUR, excepted: true },
    // After the change, 07:00 is eight hours after midnight.
    { schedule_id: "1", at: (starts[6] ?? 0) + 8 * HOUR, excepted: false },
  ],
};
const morning: Schedule = {
  id: "1",
  name: "Morning",
  enabled: true,
  at: "07:00",
  sun: null,
  offset_min: 0,
  weekdays: [0, 1, 6],
  exceptions: ["2025-10-21"],
  scene_id: null,
  setting: { output_id: "1", state: "on" },
  author: "ada",
  next_run: (starts[6] ?? 0) + 8 * HOUR,
  on_device: true,
};
const site = { id: "1", name: "Home", zone: "Europe/Vienna", latitude: 48.2, longitude: 16.4 };

const server = (schedules: Schedule[], more: Parameters<typeof fakeServer>[0] = {}) =>
  fakeServer({
    "GET /schedules": [200, schedules],
    "GET /schedules/week": [200, week],
    "GET /rooms": [200, [{ id: "1", name: "Hall" }]],
    "GET /outputs": [200, [anOutput({ name: "Lamp" })]],
    "GET /scenes": [200, []],
    "GET /sites": [200, [site]],
    ...more,
  });

describe("the week", () => {
  it("shows every run at the time on the wall, and what does not run as such", async () => {
    server([morning]);
    await show(<SchedulesPage />);
    const monday = await screen.findByRole("listitem", { name: "Monday, October 20" });
    expect(within(monday).getByRole("button", { name: "07:00 Morning: Lamp on" })).toBeVisible();
    const tuesday = screen.getByRole("listitem", { name: "Tuesday, October 21" });
    expect(within(tuesday).getByRole("button")).toHaveAccessibleName(
      "07:00 Morning: Lamp on (not on this day)",
    );
    const sunday = screen.getByRole("listitem", { name: "Sunday, October 26" });
    expect(within(sunday).getByRole("button")).toHaveAccessibleName("07:00 Morning: Lamp on");
    expect(sunday).toHaveTextContent("25 hours: the clocks go back");
    expect(monday).not.toHaveTextContent("clocks");
    expect(monday).toHaveTextContent("Sunrise 07:00, sunset 18:00");
  });

  it("is left for the next one", async () => {
    const asked = server([morning]);
    await show(<SchedulesPage />);
    await screen.findByRole("listitem", { name: "Monday, October 20" });
    await userEvent.click(screen.getByRole("button", { name: "Week after" }));
    await waitFor(() => expect(asked.map(({ path }) => path)).toContain("/schedules/week?from=2025-10-27"));
  });
});

describe("a schedule", () => {
  it("tells when it runs next, and who keeps it", async () => {
    server([morning]);
    await show(<SchedulesPage />);
    expect(await screen.findByText("runs on the device")).toBeVisible();
    expect(screen.getByText(/Next: Sun, Oct 26, 07:00 · not on Oct 21, 2025/)).toBeVisible();
  });

  it("is turned off with everything else left as it is", async () => {
    const asked = server([morning], { "PUT /schedules/1": [200, { ...morning, enabled: false }] });
    await show(<SchedulesPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Turn off Morning" }));
    await waitFor(() =>
      expect(asked.find(({ method }) => method === "PUT")?.body).toMatchObject({
        name: "Morning",
        enabled: false,
        at: "07:00",
        weekdays: [0, 1, 6],
        exceptions: ["2025-10-21"],
      }),
    );
  });

  it("is deleted, and made again by undo", async () => {
    let there = true;
    const asked = server([], {
      "GET /schedules": () => [200, there ? [morning] : []],
      "DELETE /schedules/1": () => {
        there = false;
        return [204];
      },
      "POST /schedules": [201, morning],
    });
    await show(<SchedulesPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Delete Morning" }));
    expect(await screen.findByText("There is no schedule yet")).toBeVisible();
    await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() =>
      expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({ name: "Morning" }),
    );
  });

  it("needs something to switch", async () => {
    server([], { "GET /outputs": [200, []] });
    await show(<SchedulesPage />);
    expect(await screen.findByText(/There is nothing to switch, either/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Add schedule" })).toBeNull();
  });
});
