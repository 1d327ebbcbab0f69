import { describe, expect, it } from "vitest";

import { bodyOf, faultsOf, isTopicFilter, type Wish } from "./scopes";

const wish = (change: Partial<Wish>): Wish => ({
  name: " Grafana ",
  scopes: ["read"],
  device: null,
  topics: "",
  days: null,
  ...change,
});

describe("a wish for a token", () => {
  it("is fine with a name and a scope", () => expect(faultsOf(wish({}))).toEqual({}));

  it.each([
    [{ scopes: [] }, "scopes"],
    [{ scopes: ["device"] }, "device"],
    [{ scopes: ["mqtt"] }, "topics"],
    [{ scopes: ["mqtt"], topics: " \n \n" }, "topics"],
    [{ scopes: ["mqtt"], topics: "home/#\nhome/#/lamp" }, "topics"],
  ])("is not with %o", (change, field) => expect(Object.keys(faultsOf(wish(change)))).toEqual([field]));

  it("forgets what belongs to a scope that was taken back", () => {
    const body = bodyOf(wish({ device: "7", topics: "home/#" }), 0);
    expect(body).toEqual({ name: "Grafana", scopes: ["read"], device: null, topics: [], expires_at: null });
  });

  it("has one topic per line, each once, and an end in days from now", () => {
    const body = bodyOf(wish({ scopes: ["mqtt"], topics: "a/#\n\n b/+ \na/#", days: 7 }), 1000);
    expect(body.topics).toEqual(["a/#", "b/+"]);
    expect(body.expires_at).toBe(1000 + 7 * 86_400_000);
  });
});

it.each(["#", "+", "a/+/b", "a/#", "/a"])("takes the topic filter %s", (f) =>
  expect(isTopicFilter(f)).toBe(true),
);
it.each(["a#", "a/#/b", "a+/b", "#/a"])("refuses the topic filter %s", (f) =>
  expect(isTopicFilter(f)).toBe(false),
);
