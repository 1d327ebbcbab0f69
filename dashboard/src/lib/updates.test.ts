import { expect, it } from "vitest";

import { reasonParts, reasonWords, releaseKind, stepWords } from "./updates";

it("says in plain words what a device reports in one", () => {
  expect(reasonWords("health: sensors did not answer", "1.0.0")).toBe(
    "health check failed: sensors did not answer; it is back on 1.0.0",
  );
  expect(reasonWords("tries", "1.0.0")).toBe("the new version did not start; it is back on 1.0.0");
  expect(reasonWords("sensors: power, voltage read no more")).toBe(
    "sensors went silent: power, voltage read no more",
  );
});

it("leaves what the server says in whole sentences as it is", () => {
  expect(reasonWords("it answered 500: Update Failed: Wrong Magic Byte", "2.0")).toBe(
    "it answered 500: Update Failed: Wrong Magic Byte",
  );
  expect(reasonParts("it never came back")).toEqual(["it never came back", ""]);
  expect(reasonParts(null)).toEqual(["no reason was given", ""]);
});

it("says how far a download is, never more than it is", () => {
  expect(stepWords("downloading", 0.999)).toBe("Downloading, 99 %");
  expect(stepWords("verifying", 1)).toBe("Checking the download");
});

it("knows what each kind of device takes", () => {
  expect(["native", "meter", "home-control", "load-cell"].map(releaseKind)).toEqual([
    "bundle",
    "image",
    "image",
    null,
  ]);
});
