// A stand-in for the server, for looking at the built pages: the API's shapes, made-up data, nothing stored.
// `npm run build && npm run fake [port]`. Log in with anything; FRESH=1 starts before set-up; EMPTY=1 has no device.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { WebSocketServer } from "ws";

import { history, makeDevices, valueAt } from "./world.mjs";

const WEB = fileURLToPath(new URL("../../src/ohmstead/web/", import.meta.url));
const PORT = Number(process.argv[2] ?? 8000);
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'self'";
const KINDS = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  json: "application/json",
};

let setupNeeded = process.env.FRESH === "1";
let signedIn = process.env.SIGNED_IN === "1";
let devices = process.env.EMPTY === "1" ? [] : makeDevices();
const user = { id: "1", username: "admin", role: "admin" };
const site = { id: "1", name: "Home", zone: "Europe/Budapest" };
const startedAt = Date.now() - 93_600_000;

const problem = (status, detail) => [status, { type: "about:blank", title: "Not possible", status, detail }];

function refresh(now = Date.now()) {
  for (const device of devices) {
    if (device.online) device.last_seen_at = now;
    const t = device.online ? now : device.last_seen_at;
    for (const channel of device.channels) channel.last = { t, value: valueAt(channel, t) };
  }
  return devices;
}

function system() {
  return {
    version: "0.1.0",
    started_at: startedAt,
    notices: [
      {
        level: "warning",
        text: "Port 5000 is taken by another program; older meters that expect it cannot connect.",
      },
    ],
    newest_at: Date.now() - 2_000,
    room: {
      folder: "/srv/ohmstead",
      total_bytes: 32e9,
      free_bytes: 21e9,
      data_bytes: 180e6,
      full_in_s: 9 * 365 * 86_400,
    },
    ports: [
      { kind: "http", port: 8000, state: "open", detail: "dashboard, devices" },
      { kind: "http", port: 5000, state: "skipped", detail: "taken by another program" },
      { kind: "mqtt", port: 1883, state: "open", detail: "devices" },
    ],
    database: { kind: "sqlite", bytes: 48_234_496 },
    clock: { now: Date.now(), trusted: true },
    counters: { accepted: 1_204_331, duplicates: 12, rejected: 0 },
    store: { journal_bytes: 512_331, hot_samples: 18_204, blocks: 311, block_bytes: 4_233_112 },
  };
}

function answer(method, path, query, body) {
  if (path === "/setup" && method === "GET") return [200, { needed: setupNeeded }];
  if (path === "/setup") {
    if (body.token !== "letmein")
      return problem(403, "This set-up link is not valid any more. `ohmstead user link` prints a new one.");
    [setupNeeded, signedIn] = [false, true];
    return [201, { user }];
  }
  if (path === "/auth/login") {
    if (body.password === "wrong") return problem(401, "User name or password is wrong.");
    if (body.password === "slow") return [...problem(429, "Too many attempts"), { "Retry-After": "30" }];
    signedIn = true;
    return [200, { user }];
  }
  if (!signedIn) return problem(401, "Log in first.");
  if (path === "/auth/me") return [200, { user }];
  if (path === "/auth/logout") return ((signedIn = false), [204]);
  if (path === "/sites") return [200, [site]];
  if (path.startsWith("/sites/")) return [200, Object.assign(site, body)];
  if (path === "/system") return [200, system()];
  if (path === "/overview") return [200, overview()];
  if (path === "/history") {
    const known = query
      .getAll("channel")
      .map((id) => devices.flatMap((d) => d.channels).find((c) => c.id === id));
    const all = known.map((c) =>
      history(c, Number(query.get("from")), Number(query.get("to")), Number(query.get("points"))),
    );
    return [200, all.length === 1 ? all[0] : all];
  }
  return deviceAnswer(method, path, body);
}

/** Three days of a house that is warm in the morning and in the evening; today is not over. */
function overview() {
  const hour = new Date().getHours();
  const midnight = new Date().setHours(0, 0, 0, 0);
  const DAY = 86_400_000;
  const day = (back) => {
    const hours = Array.from({ length: 24 }, (_, at) =>
      back === 0 && at > hour ? null : 0.2 + 0.4 * Math.sin((at + back) / 3) ** 2,
    );
    const sum = (some) => some.reduce((total, kwh) => total + (kwh ?? 0), 0);
    const start = midnight - back * DAY;
    return { start, end: start + DAY, kwh: sum(hours), by_now: sum(hours.slice(0, hour + 1)), hours };
  };
  const shares = devices.flatMap(({ id, channels }) => {
    const power = channels.find(({ quantity }) => quantity === "power")?.id;
    return power === undefined
      ? []
      : [{ device: id, power, counted: true, today: 8 / id, yesterday: 9 / id }];
  });
  return { at: Date.now(), today: day(0), yesterday: day(1), week_ago: day(7), devices: shares };
}

function deviceAnswer(method, path, body) {
  if (path === "/devices" && method === "GET") return [200, { items: refresh(), next: null }];
  if (path === "/devices") {
    const added = {
      ...makeDevices()[0],
      id: String(Date.now()),
      serial: body.serial,
      name: body.name ?? body.serial,
      channels: [],
      online: false,
      last_seen_at: null,
    };
    devices.push(added);
    return [201, { device: added, token: "ohm_3kQ9vXr2mB7sTn5wYc8dLf4g" }];
  }
  const [, id, verb] = /^\/devices\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  const device = devices.find((one) => one.id === id);
  if (device === undefined) return problem(404, "There is no such device.");
  if (verb === "rotate-token") return [200, { token: "ohm_8dLf4g3kQ9vXr2mB7sTn5wYc" }];
  if (verb === "claim") Object.assign(device, { state: "claimed", ...body });
  if (verb === "refuse") device.state = "refused";
  if (verb === "unclaim") device.state = "unclaimed";
  if (method === "PATCH") Object.assign(device, body);
  if (method === "DELETE") {
    devices = devices.filter((one) => one !== device);
    return [204];
  }
  tell({ type: "device", device });
  return [200, device];
}

function page(path) {
  const name = path === "/" ? "index.html" : path.slice(1);
  try {
    return [readFileSync(WEB + name), KINDS[name.split(".").at(-1)] ?? "application/octet-stream"];
  } catch {
    return [readFileSync(`${WEB}index.html`), KINDS.html];
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://fake");
  if (!url.pathname.startsWith("/api/v1/")) {
    const [content, kind] = page(url.pathname);
    response.writeHead(200, { "Content-Type": kind, "Content-Security-Policy": CSP }).end(content);
    return;
  }
  let text = "";
  for await (const chunk of request) text += chunk;
  const [status, content, headers] = answer(
    request.method,
    url.pathname.slice(7),
    url.searchParams,
    text ? JSON.parse(text) : {},
  );
  response
    .writeHead(status, { "Content-Type": "application/json", ...headers })
    .end(content && JSON.stringify(content));
});

const sockets = new WebSocketServer({ server, path: "/api/v1/live" });
const tell = (frame) => sockets.clients.forEach((client) => client.send(JSON.stringify(frame)));
const values = (of) =>
  Object.fromEntries(of.flatMap((d) => d.channels).map((c) => [c.id, [c.last.t, c.last.value]]));

sockets.on("connection", (socket) => {
  const now = refresh();
  socket.send(JSON.stringify({ type: "snapshot", at: Date.now(), devices: now, values: values(now) }));
});
setInterval(() => {
  const live = refresh().filter((device) => device.online);
  tell({ type: "changes", at: Date.now(), values: values(live) });
}, 1000);
setInterval(() => tell({ type: "ping" }), 15_000);

server.listen(PORT, () => console.log(`http://localhost:${PORT}${setupNeeded ? "/setup#letmein" : ""}`));
