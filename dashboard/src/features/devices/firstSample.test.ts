import { describe, expect, it } from "vitest";

import { curlLine, meterLine, mosquittoLine } from "./firstSample";

describe("lines that send a first sample", () => {
  it("name this server and the token", () => {
    expect(curlLine("http://pi:8000", "t0k")).toMatch(
      /^curl http:\/\/pi:8000\/api\/v1\/telemetry .*Bearer t0k'/,
    );
  });

  it("name the MQTT port only when it is not the usual one", () => {
    expect(mosquittoLine("pi", 1883, "s1", "t0k")).toMatch(/^mosquitto_pub -h pi -u 's1' -P 't0k'/);
    expect(mosquittoLine("pi", 2883, "s1", "t0k")).toContain("-h pi -p 2883 ");
  });

  it("take the brackets off a literal IPv6 address", () => {
    expect(mosquittoLine("[fd00::1]", 1883, "s1", "t0k")).toContain("-h fd00::1 ");
  });

  it("carry the time of day as the old meter does", () => {
    expect(meterLine("http://pi:8000")).toMatch(/"timestamp":"\d\d:\d\d:\d\d\.000"/);
  });
});
