import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { feed } from "@/api/live/cache";
import type { LoadLimit } from "@/api/types";
import { aChannel, aDevice, anOutput } from "@/testing/builders";
import { ADMIN, show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { LoadLimitsPage } from "./LoadLimitsPage";

const limit: LoadLimit = {
  id: "1",
  channel_id: "10",
  limit_w: 3000,
  margin_w: 200,
  over_s: 10,
  under_s: 60,
  enabled: true,
  shed: [],
};
const house = aDevice({ name: "House", channels: [aChannel({ id: "10" })] });
const ranked = (id: string, name: string, priority: number | null) =>
  anOutput({ id, name, options: { ...anOutput().options, priority } });
const heater = ranked("2", "Heater", 10);

const server = (limits: LoadLimit[], outputs = [heater], more: Parameters<typeof fakeServer>[0] = {}) =>
  fakeServer({
    "GET /load-limits": [200, limits],
    "GET /devices": [200, { items: [house], next: null }],
    "GET /outputs": [200, outputs],
    ...more,
  });

it("tells what it has switched off and since when", async () => {
  const at = new Date();
  at.setHours(14, 3, 0, 0);
  server([{ ...limit, shed: ["2"] }], [{ ...heater, changed_by: "load limit", changed_at: at.getTime() }]);
  await show(<LoadLimitsPage />);
  expect(await screen.findByText(/^Shedding Heater since .*(14:03|2:03|02:03)/)).toBeVisible();
});

it("follows the meter, and says when it is above", async () => {
  server([limit]);
  const { cache } = await show(<LoadLimitsPage />);
  expect(await screen.findByText(/^No value yet/)).toBeVisible();
  act(() => feed(cache, { type: "changes", at: 0, values: { "10": [Date.now(), 3400] } }));
  expect(
    await screen.findByText(/3\.400 kW, above the limit of 3\.000 kW; back on below 2\.800 kW/),
  ).toBeVisible();
});

it("is made with a meter and its numbers", async () => {
  const asked = server([], [heater], { "POST /load-limits": [201, limit] });
  await show(<LoadLimitsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Add limit" }));
  const most = screen.getByLabelText("At most (watts)");
  await userEvent.clear(most);
  await userEvent.type(most, "5000");
  await userEvent.click(screen.getByRole("button", { name: "Save limit" }));
  const body = { channel_id: "10", margin_w: 200, over_s: 10, under_s: 60, enabled: true };
  await waitFor(() =>
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ ...body, limit_w: 5000 }),
  );
});

it("asks for another order with the fewest changes", async () => {
  const asked = server([], [heater, ranked("3", "Boiler", 20)], {
    "PATCH /outputs/2": [200, ranked("2", "Heater", 20)],
    "PATCH /outputs/3": [200, ranked("3", "Boiler", 10)],
  });
  await show(<LoadLimitsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Boiler earlier" }));
  await waitFor(() => expect(screen.getByText("1. Boiler")).toBeVisible());
  const changes = asked.filter(({ method }) => method === "PATCH");
  expect(
    changes.map(({ path, body }) => [path, (body as { options: { priority: number } }).options.priority]),
  ).toEqual([
    ["/outputs/3", 10],
    ["/outputs/2", 20],
  ]);
});

it("is only looked at by a viewer", async () => {
  server([limit]);
  await show(<LoadLimitsPage />, { me: { ...ADMIN, role: "viewer" } });
  expect(await screen.findByText("House: Power")).toBeVisible();
  expect(screen.queryByRole("button")).toBeNull();
});
