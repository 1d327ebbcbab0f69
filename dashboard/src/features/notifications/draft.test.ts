import { describe, expect, it } from "vitest";

import type { Target, TargetKinds, TargetSetting } from "@/api/types";

import { draftOf, faultOf, newDraft, newSecret, ntfyUrl, targetBody, targetPatch } from "./draft";

const setting = (given: Partial<TargetSetting> & { name: string }): TargetSetting => ({
  label: given.name,
  kind: "text",
  required: false,
  secret: false,
  default: null,
  choices: [],
  ...given,
});

const kinds: TargetKinds = {
  kinds: [
    {
      name: "email",
      label: "E-mail",
      settings: [
        setting({ name: "to", label: "To (addresses separated by commas)", required: true }),
        setting({ name: "port", kind: "number" }),
        setting({
          name: "security",
          kind: "choice",
          default: "starttls",
          choices: ["starttls", "tls", "none"],
        }),
        setting({ name: "password", secret: true }),
        setting({ name: "verify", kind: "switch", default: true }),
      ],
    },
    {
      name: "webhook",
      label: "Webhook",
      settings: [
        setting({ name: "url", label: "Address", required: true, secret: true }),
        setting({ name: "secret", secret: true }),
      ],
    },
    { name: "apprise", label: "Others", settings: [setting({ name: "url", required: true, secret: true })] },
  ],
  placeholders: {},
  title: "",
  body: "",
};

const aTarget = (given: Partial<Target> = {}): Target => ({
  id: "1",
  name: "Mail",
  kind: "email",
  where: "",
  config: { to: "a@example.org", port: 465, security: "tls", verify: false },
  secrets_set: ["password"],
  enabled: true,
  min_severity: "warning",
  digest_min: 15,
  quiet: { start: "22:00", end: "07:00" },
  escalation: true,
  cleared: false,
  title: null,
  body: null,
  sent_at: null,
  failed_at: null,
  failure: "",
  waiting: 0,
  ...given,
});

describe("a target", () => {
  it("is sent with numbers as numbers and nothing where nothing was typed", () => {
    const draft = { ...newDraft(kinds, "email"), name: " Office ", digest: "5" };
    const body = targetBody(
      { ...draft, config: { ...draft.config, to: "a@example.org", port: "25" } },
      kinds,
      null,
    );
    expect(body).toMatchObject({
      name: "Office",
      kind: "email",
      digest_min: 5,
      config: { to: "a@example.org", port: 25, security: "starttls", password: null, verify: true },
    });
  });

  it("stays what it was when it is looked at and saved, its secrets untouched", () => {
    const target = aTarget();
    expect(targetPatch(draftOf(target, kinds), kinds, null)).toEqual({
      name: "Mail",
      min_severity: "warning",
      digest_min: 15,
      quiet: { start: "22:00", end: "07:00" },
      escalation: true,
      cleared: false,
      config: target.config,
    });
  });

  it("gives a webhook a secret that was made, and keeps its address", () => {
    const target = aTarget({ kind: "webhook", config: {}, secrets_set: ["url", "secret"] });
    expect(targetPatch(draftOf(target, kinds), kinds, "s3cret").config).toEqual({ secret: "s3cret" });
    expect(targetPatch(draftOf(target, kinds), kinds, null).config).toEqual({});
  });

  it("to a phone is an Apprise address", () => {
    const ntfy = { server: "http://nas.local:8080/", topic: "my home", secure: false, token: "" };
    expect(ntfyUrl(ntfy)).toBe("ntfy://nas.local:8080/my%20home");
    expect(ntfyUrl({ ...ntfy, secure: true, token: "tk/1" })).toBe("ntfys://tk%2F1@nas.local:8080/my%20home");
    const draft = { ...newDraft(kinds, "ntfy"), name: "Phone", ntfy };
    expect(targetBody(draft, kinds, null)).toMatchObject({ kind: "apprise", config: { url: ntfyUrl(ntfy) } });
  });

  it("says what is missing", () => {
    const draft = newDraft(kinds, "email");
    expect(faultOf(draft, kinds)).toBe("Give it a name.");
    expect(faultOf({ ...draft, name: "x" }, kinds)).toBe("To is missing.");
    expect(faultOf({ ...draft, name: "x", digest: "" }, kinds)).toContain("0 to 1440");
    expect(faultOf({ ...newDraft(kinds, "webhook"), name: "x" }, kinds, ["url"])).toBeNull();
    expect(faultOf({ ...newDraft(kinds, "ntfy"), name: "x" }, kinds)).toContain("ntfy server");
  });
});

it("secrets are long and never twice the same", () => {
  expect(newSecret()).toMatch(/^[0-9a-f]{64}$/);
  expect(newSecret()).not.toBe(newSecret());
});
