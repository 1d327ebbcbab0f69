import { QueryClient } from "@tanstack/react-query";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { keys } from "@/api/keys";
import { outputsQuery } from "@/api/outputs";
import { feed } from "@/api/live/cache";
import type { Output } from "@/api/types";
import { aDevice, anOutput } from "@/testing/builders";
import { ADMIN, show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { RoomsPage } from "./RoomsPage";

const hall = { id: "1", name: "Hall" };
const lamp = anOutput({ id: "1", name: "Lamp" });
const heater = anOutput({ id: "2", name: "Heater", desired: "on", reported: "on", power_channel_id: "7" });

const server = (outputs: Output[], more: Parameters<typeof fakeServer>[0] = {}) =>
  fakeServer({
    "GET /rooms": [200, [hall]],
    "GET /outputs": [200, outputs],
    "GET /scenes": [200, []],
    "GET /devices": [200, { items: [aDevice()], next: null }],
    ...more,
  });

const bodiesOf = (asked: ReturnType<typeof fakeServer>, method: string, path: string) =>
  asked.filter((one) => one.method === method && one.path === path).map(({ body }) => body);

describe("a switch", () => {
  it("answers at once, and then shows each step of its proof", async () => {
    server([lamp], { "PUT /outputs/1": [202, { ...lamp, desired: "on", confirmed: false }] });
    const { cache } = await show(<RoomsPage />);
    cache.setQueryData(keys.link, { state: "live", since: 0 });
    const button = await screen.findByRole("switch", { name: "Lamp" });
    expect(button).not.toBeChecked();
    expect(button).toHaveAccessibleDescription("Off, confirmed");
    await userEvent.click(button);
    expect(button).toBeChecked();
    expect(button).toHaveAccessibleDescription("Switching on …");
    const told = (given: Partial<Output>) =>
      act(() =>
        feed(cache, { type: "output", output: { ...lamp, desired: "on", power_channel_id: "7", ...given } }),
      );
    told({ reported: "on", confirmed: false });
    await waitFor(() =>
      expect(button).toHaveAccessibleDescription("Reported on, waiting for the power meter"),
    );
    told({ reported: "on", confirmed: true });
    await waitFor(() => expect(button).toHaveAccessibleDescription("On, confirmed by its power"));
    told({ reported: "on", confirmed: false, doubt: "no power is drawn" });
    await waitFor(() => expect(button).toHaveAccessibleDescription("Not confirmed: no power is drawn"));
  });

  it("is not set back by an answer that is older than the last frame", async () => {
    const asked = server([lamp], { "PUT /outputs/1": [202, { ...lamp, desired: "on", confirmed: false }] });
    const { cache } = await show(<RoomsPage />);
    cache.setQueryData(keys.link, { state: "live", since: 0 });
    const button = await screen.findByRole("switch", { name: "Lamp" });
    const clicked = userEvent.click(button);
    await waitFor(() => expect(bodiesOf(asked, "PUT", "/outputs/1")).toEqual([{ state: "on" }]));
    act(() => feed(cache, { type: "output", output: { ...lamp, desired: "on", reported: "on" } }));
    await clicked;
    await waitFor(() => expect(screen.getByText("Lamp: on.")).toBeVisible());
    expect(button).toHaveAccessibleDescription("On, confirmed");
  });

  it("is not set back by a list that was on its way when a frame came", async () => {
    server([lamp], {
      "GET /outputs": () => {
        feed(cached, { type: "output", output: { ...lamp, desired: "on", reported: "on" } });
        return [200, [lamp]];
      },
    });
    const cached = new QueryClient();
    const outputs = await cached.query(outputsQuery);
    expect(outputs).toEqual([{ ...lamp, desired: "on", reported: "on" }]);
  });

  it("goes back by undo", async () => {
    const asked = server([lamp], { "PUT /outputs/1": [202, { ...lamp, desired: "on" }] });
    await show(<RoomsPage />);
    await userEvent.click(await screen.findByRole("switch", { name: "Lamp" }));
    await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() =>
      expect(bodiesOf(asked, "PUT", "/outputs/1")).toEqual([
        { state: "on" },
        { state: "off", reason: "undo" },
      ]),
    );
  });

  it("tells why it was refused, and shows what is true again", async () => {
    server([lamp], {
      "PUT /outputs/1": [409, { title: "Conflict", status: 409, detail: "claim the device first" }],
    });
    await show(<RoomsPage />);
    const button = await screen.findByRole("switch", { name: "Lamp" });
    await userEvent.click(button);
    expect(await screen.findByText("Lamp: claim the device first")).toBeVisible();
    await waitFor(() => expect(button).not.toBeChecked());
  });

  it("says in words that its device is away", async () => {
    server([anOutput({ name: "Lamp", desired: "on", reported: "off", confirmed: false, online: false })]);
    await show(<RoomsPage />);
    expect(await screen.findByText("Offline: will be on once it is back")).toBeVisible();
  });

  it("is only looked at by a viewer", async () => {
    server([heater]);
    await show(<RoomsPage />, { me: { ...ADMIN, role: "viewer" } });
    expect(await screen.findByText("On, confirmed by its power")).toBeVisible();
    expect(screen.queryByRole("switch")).toBeNull();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is switched, but not set up, by a viewer who operates its device", async () => {
    server([{ ...heater, device_id: "5" }, lamp]);
    await show(<RoomsPage />, { me: { ...ADMIN, role: "viewer", operates: ["5"] } });
    expect(await screen.findByRole("switch")).toHaveAccessibleName("Heater");
    expect(screen.getByRole("button", { name: "Timer of Heater" })).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Settings/ })).toBeNull();
  });
});

describe("a timer", () => {
  it("is set with a reason, and counts down", async () => {
    const asked = server([lamp], { "PUT /outputs/1": [202, { ...lamp, desired: "on" }] });
    const { cache } = await show(<RoomsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Timer of Lamp" }));
    await userEvent.click(screen.getByRole("button", { name: "30 min" }));
    await userEvent.type(screen.getByLabelText("Why (optional)"), "stairs");
    await userEvent.click(screen.getByRole("button", { name: "Switch on for 30 min" }));
    await waitFor(() =>
      expect(bodiesOf(asked, "PUT", "/outputs/1")).toEqual([{ state: "on", for_s: 1800, reason: "stairs" }]),
    );
    const until = Date.now() + 60_000 * 12;
    act(() =>
      feed(cache, { type: "output", output: { ...lamp, desired: "on", until_at: until, then: "off" } }),
    );
    expect(await screen.findByText(/1[12] min left, then off/)).toBeVisible();
  });
});

describe("a room", () => {
  it("goes off as a whole, and back to what it was by undo", async () => {
    const level = anOutput({ id: "3", name: "Dimmed", desired: 40, reported: 40, levels: [0, 100] });
    const asked = server([lamp, heater, level], {
      "PUT /outputs/2": [202, heater],
      "PUT /outputs/3": [202, level],
    });
    await show(<RoomsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "All off in Hall" }));
    const puts = () => asked.filter(({ method }) => method === "PUT").map(({ path, body }) => [path, body]);
    await waitFor(() =>
      expect(puts()).toEqual([
        ["/outputs/2", { state: "off", reason: "all off in Hall" }],
        ["/outputs/3", { state: "off", reason: "all off in Hall" }],
      ]),
    );
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() =>
      expect(puts()).toContainEqual(["/outputs/3", { state: 40, reason: "undo of all off" }]),
    );
  });

  it("is the first thing to make, when there is none", async () => {
    const asked = server([], { "GET /rooms": [200, []], "POST /rooms": [201, { id: "9", name: "Kitchen" }] });
    await show(<RoomsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Kitchen" }));
    await userEvent.click(screen.getByRole("button", { name: "Make this room" }));
    expect(await screen.findByRole("region", { name: "Kitchen" })).toHaveTextContent("Nothing is switched");
    expect(bodiesOf(asked, "POST", "/rooms")).toEqual([{ name: "Kitchen" }]);
  });

  it("takes in what a device announced", async () => {
    const shadow = { version: 0, seen: 0, reported_at: null, desired: {}, reported: {}, delta: {} };
    const asked = server([], {
      "GET /devices/1/shadow": [200, { ...shadow, commands: [{ name: "set", args: { ceiling: "switch" } }] }],
      "POST /outputs": [201, anOutput({ id: "8", name: "Ceiling" })],
    });
    await show(<RoomsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Add a light or relay" }));
    const dialog = await screen.findByRole("dialog");
    expect(await within(dialog).findByLabelText("Output")).toHaveValue("ceiling");
    await userEvent.click(within(dialog).getByRole("button", { name: "Add" }));
    expect(await screen.findByRole("switch", { name: "Ceiling" })).toBeVisible();
    expect(bodiesOf(asked, "POST", "/outputs")).toEqual([
      { name: "Ceiling", room_id: "1", device_id: "1", key: "ceiling" },
    ]);
  });
});

it("says so when a device takes its outputs along", async () => {
  server([lamp, heater]);
  const { cache } = await show(<RoomsPage />);
  await screen.findByRole("switch", { name: "Heater" });
  act(() => feed(cache, { type: "output", output: { id: "2", deleted: true } }));
  await waitFor(() => expect(screen.queryByRole("switch", { name: "Heater" })).toBeNull());
});
