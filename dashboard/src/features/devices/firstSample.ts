/** Command lines that send a first sample. `origin` is this page's, e.g. "http://192.168.1.5:8000". */

const SAMPLE = '{"v":{"power":283.9,"voltage":230.1}}';

export const USUAL_MQTT_PORT = 1883;

export const curlLine = (origin: string, token: string): string =>
  `curl ${origin}/api/v1/telemetry -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${SAMPLE}'`;

export const mosquittoLine = (host: string, port: number, serial: string, token: string): string =>
  `mosquitto_pub -h ${bare(host)}${port === USUAL_MQTT_PORT ? "" : ` -p ${port}`} -u '${serial}' -P '${token}' -q 1 -t 'ohmstead/${serial}/telemetry' -m '${SAMPLE}'`;

/** What an existing meter without any credentials sends. */
export const meterLine = (origin: string): string =>
  `curl ${origin}/data -H 'Content-Type: application/json' -d '{"timestamp":"${timeOfDay(new Date())}","current":152.4}'`;

/** A literal IPv6 address stands in brackets in a URL only. */
const bare = (host: string): string => host.replace(/^\[|\]$/g, "");

// The meter sends the time of day of its home, without a date.
const timeOfDay = (moment: Date): string =>
  `${moment.toLocaleTimeString("en-GB", { timeZone: "Europe/Budapest", hour12: false })}.000`;
