import { expect, it } from "vitest";

import { faultAt, faultsOf } from "./faults";

it("finds the field in the server's words", () => {
  const faults = faultsOf({ message: "condition/below: below must be less than above" });
  expect(faultAt(faults, "below")).toBe("below must be less than above");
  expect(faultAt(faults, "above")).toBeUndefined();
});

it("takes the list of errors where there is one", () => {
  const errors = [
    { at: "body/rule/escalation/targets", detail: "too many" },
    { at: "body/rule/name", detail: "too long" },
    "noise",
  ];
  const faults = faultsOf({ message: "several", errors });
  expect(faultAt(faults, "escalation", "targets")).toBe("too many");
  expect(faultAt(faults, "name")).toBe("too long");
  expect(faultAt(faults, "targets")).toBe("too many");
});

it("leaves a sentence about no field alone", () => {
  expect(faultsOf({ message: "at most 5000 rules" })).toEqual([{ at: [], text: "at most 5000 rules" }]);
  expect(faultsOf(null)).toEqual([]);
});
