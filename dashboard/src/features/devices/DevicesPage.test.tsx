import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { feed } from "@/api/live/cache";
import { keys } from "@/api/keys";
import { aChannel, aDevice } from "@/testing/builders";
import { ADMIN, show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { DevicesPage } from "./DevicesPage";

const newcomer = aDevice({
  id: "7",
  serial: "esp-7",
  name: "esp-7",
  state: "unclaimed",
  channels: [aChannel({ id: "70", last: { t: 1000, value: 283.9 } })],
});
const list = (...items: unknown[]) => ({ "GET /devices": [200, { items, next: null }] }) as const;

describe("a device that waits to be claimed", () => {
  it("shows what it sends, and moves to the devices under the name it is given", async () => {
    const claimed = { ...newcomer, state: "claimed", name: "Kitchen" };
    const asked = fakeServer({ ...list(newcomer), "POST /devices/7/claim": [200, claimed] });
    await show(<DevicesPage />);
    const section = await screen.findByRole("region", { name: "1 new device" });
    expect(section).toHaveTextContent("283.9 W");
    await userEvent.type(screen.getByLabelText("Name for esp-7"), "Kitchen");
    await userEvent.click(screen.getByRole("button", { name: "Claim esp-7" }));
    expect(await screen.findByRole("link", { name: "Kitchen" })).toBeVisible();
    expect(section).not.toBeInTheDocument();
    expect(asked).toContainEqual({ method: "POST", path: "/devices/7/claim", body: { name: "Kitchen" } });
  });

  it("is refused, and comes back by undo", async () => {
    const asked = fakeServer({
      ...list(newcomer),
      "POST /devices/7/refuse": [200, { ...newcomer, state: "refused" }],
      "POST /devices/7/unclaim": [200, newcomer],
    });
    await show(<DevicesPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Refuse esp-7" }));
    expect(await screen.findByRole("region", { name: "Refused" })).toHaveTextContent("esp-7");
    await userEvent.click(screen.getByRole("button", { name: "Undo" }));
    expect(await screen.findByRole("button", { name: "Claim esp-7" })).toBeVisible();
    expect(asked.map(({ path }) => path)).toContain("/devices/7/unclaim");
  });

  it("says why a claim failed", async () => {
    fakeServer({
      ...list(newcomer),
      "POST /devices/7/claim": [409, { title: "Conflict", status: 409, detail: "Somebody was faster." }],
    });
    await show(<DevicesPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Claim esp-7" }));
    expect(await screen.findByText("Somebody was faster.")).toBeVisible();
  });

  it("cannot be claimed by a viewer", async () => {
    fakeServer(list(newcomer));
    await show(<DevicesPage />, { me: { ...ADMIN, role: "viewer" } });
    expect(await screen.findByRole("region", { name: "1 new device" })).toBeVisible();
    expect(screen.queryByRole("button", { name: /Claim|Refuse|Add/ })).toBeNull();
  });
});

describe("the overview", () => {
  it("follows the live values", async () => {
    const kitchen = aDevice({ channels: [aChannel({ id: "10", last: { t: 1000, value: 5 } })] });
    fakeServer(list(kitchen));
    const { cache } = await show(<DevicesPage />);
    await screen.findByRole("link", { name: "Kitchen" });
    act(() => feed(cache, { type: "changes", at: Date.now(), values: { "10": [Date.now(), 1234.5] } }));
    await waitFor(() => expect(screen.getByRole("definition")).toHaveTextContent("1.235 kW"));
  });

  it("shows an absent device as such, with its last value", async () => {
    fakeServer(
      list(aDevice({ online: false, last_seen_at: Date.now() - 5 * 3_600_000, channels: [aChannel()] })),
    );
    await show(<DevicesPage />);
    expect(await screen.findByText("Offline, last seen 5 h ago")).toBeVisible();
  });

  it("tells how to send the first sample when there is nothing", async () => {
    fakeServer(list());
    await show(<DevicesPage />);
    const section = await screen.findByRole("region", { name: "No device has sent anything yet" });
    expect(within(section).getByLabelText("curl line")).toHaveTextContent("/api/v1/telemetry");
    expect(within(section).getByLabelText("mosquitto_pub line")).toHaveTextContent(
      "-t 'ohmstead/SERIAL/telemetry'",
    );
  });

  it("offers another try when the list cannot be had", async () => {
    let broken = true;
    const good = aDevice();
    fakeServer({
      "GET /devices": () =>
        broken
          ? [503, { title: "Unavailable", status: 503, detail: "The disk is full." }]
          : [200, { items: [good], next: null }],
    });
    const { cache } = await show(<DevicesPage />);
    expect(await screen.findByRole("alert")).toHaveTextContent("The disk is full.");
    broken = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "Kitchen" })).toBeVisible();
    expect(cache.getQueryData(keys.devices)).toHaveLength(1);
  });

  it("fetches page after page", async () => {
    let page = 0;
    const asked = fakeServer({
      "GET /devices": () => [
        200,
        { items: [aDevice({ id: String(++page), name: `D${page}` })], next: page < 3 ? `${page}` : null },
      ],
    });
    await show(<DevicesPage />);
    expect(await screen.findByRole("link", { name: "D3" })).toBeVisible();
    expect(asked.filter(({ path }) => path.startsWith("/devices")).map(({ path }) => path)).toEqual([
      "/devices?limit=200",
      "/devices?limit=200&after=1",
      "/devices?limit=200&after=2",
    ]);
  });
});
