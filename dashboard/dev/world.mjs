// A small made-up house for looking at pages without a server: devices, values that move, history to match.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const channel = (id, key, quantity, unit, kind, decimals) => ({
  id,
  key,
  quantity,
  unit,
  kind,
  decimals,
  last: null,
});

const meter = (start) => [
  channel(`${start}`, "power", "power", "W", "gauge", 1),
  channel(`${start + 1}`, "voltage", "voltage", "V", "gauge", 1),
  channel(`${start + 2}`, "current", "current", "A", "gauge", 3),
  channel(`${start + 3}`, "energy", "energy", "Wh", "counter", 0),
  channel(`${start + 4}`, "frequency", "frequency", "Hz", "gauge", 1),
  channel(`${start + 5}`, "power_factor", "power_factor", "1", "gauge", 2),
];

const device = (id, serial, name, state, dialect, channels, rest = {}) => ({
  id,
  serial,
  name,
  state,
  dialect,
  online: true,
  last_seen_at: Date.now(),
  channels,
  details: {},
  owns_token: dialect === "native",
  rejected: 0,
  clock_flagged: 0,
  ...rest,
});

export function makeDevices() {
  return [
    device("1", "PZ-0041", "Kitchen", "claimed", "pzem", meter(10), {
      details: { firmware_version: "1.4.2", ip_address: "192.168.1.41" },
      clock_flagged: 12,
    }),
    device("2", "PZ-0042", "Heat pump", "claimed", "pzem", meter(20)),
    device("3", "cellar-1", "Cellar", "claimed", "native", [
      channel("30", "temperature", "temperature", "°C", "gauge", 1),
      channel("31", "humidity", "humidity", "%", "gauge", 1),
      channel("32", "lamp", "switch", "", "state", 0),
    ]),
    device(
      "4",
      "lab-7",
      "Pull rig",
      "claimed",
      "native",
      [channel("40", "left", "force", "N", "gauge", 1), channel("41", "right", "force", "N", "gauge", 1)],
      { online: false, last_seen_at: Date.now() - 5 * HOUR },
    ),
    device("5", "addr-192.168.1.77", "addr-192.168.1.77", "unclaimed", "current-logger", [
      channel("50", "current", "current", "A", "gauge", 6),
    ]),
    device("6", "PZ-0099", "PZ-0099", "unclaimed", "pzem", meter(60)),
  ];
}

const wave = (t, period, phase = 0) => Math.sin((2 * Math.PI * t) / period + phase);
// Repeatable noise: the same instant has the same value in history and live.
const noise = (t, seed) => {
  const x = Math.sin(t / 1000 + seed * 127.1) * 43758.5453;
  return x - Math.floor(x) - 0.5;
};

function load(t, seed) {
  const daily = 260 + 180 * wave(t, 24 * HOUR, -2) + 60 * wave(t, 7 * MINUTE, seed);
  const kettle = (t + seed * 7 * MINUTE) % (47 * MINUTE) < 4 * MINUTE ? 1900 : 0;
  return Math.max(20, daily + kettle + 24 * noise(t, seed));
}

/** The value of a channel at an instant. */
export function valueAt({ id, quantity }, t) {
  const seed = Math.floor(Number(id) / 10);
  switch (quantity) {
    case "power":
      return Math.round(load(t, seed) * 10) / 10;
    case "voltage":
      return Math.round((231 + 2 * wave(t, HOUR, seed) + noise(t, seed)) * 10) / 10;
    case "current":
      return Math.round((load(t, seed) / 231) * 1000) / 1000;
    case "energy":
      return Math.round(812_000 + ((t - 1_790_000_000_000) / HOUR) * 280);
    case "frequency":
      return Math.round((50 + 0.02 * noise(t, seed)) * 100) / 100;
    case "power_factor":
      return Math.round((0.94 + 0.03 * wave(t, HOUR)) * 100) / 100;
    case "temperature":
      return Math.round((14 + 1.5 * wave(t, 24 * HOUR) + 0.1 * noise(t, seed)) * 10) / 10;
    case "humidity":
      return Math.round((61 + 6 * wave(t, 18 * HOUR) + noise(t, seed)) * 10) / 10;
    case "switch":
      return (t / MINUTE) % 9 < 4 ? 1 : 0;
    default:
      return Math.max(0, 900 + 700 * wave(t, 40_000, Number(id)) + 30 * noise(t, seed));
  }
}

const SPACING_MS = 2_000;
/** The meter was unplugged in this part of every hour. */
const inOutage = (t) => t % HOUR > 31 * MINUTE && t % HOUR < 33 * MINUTE;

export function history(known, from, to, points) {
  const width = Math.max(SPACING_MS, Math.ceil((to - from) / points));
  const out = { channel: known.id, unit: known.unit, kind: known.kind, tier: "raw", width_ms: width };
  const columns = { t: [], count: [], min: [], max: [], mean: [], increase: [] };
  const end = Math.min(to, Date.now());
  for (let start = Math.floor(from / width) * width; start < end; start += width) {
    if (inOutage(start) && width < MINUTE) continue;
    const values = Array.from({ length: 6 }, (_, i) => valueAt(known, start + (i * width) / 6));
    columns.t.push(start);
    columns.count.push(Math.max(1, Math.round(width / SPACING_MS)));
    columns.min.push(Math.min(...values));
    columns.max.push(Math.max(...values));
    columns.mean.push(values.reduce((sum, value) => sum + value, 0) / values.length);
    columns.increase.push(
      Math.max(0, valueAt(known, start + width) - valueAt(known, start)) *
        (0.5 + Math.abs(wave(start, 5 * HOUR))),
    );
  }
  if (known.kind !== "counter") delete columns.increase;
  return { ...out, ...columns };
}
