import { expect, it } from "vitest";

import { placesFor } from "./navigation";

const labels = (places: { label: string }[]) => places.map(({ label }) => label);

it("shows viewers their devices and rooms, and no menu", () => {
  expect(labels(placesFor("viewer").bar)).toEqual(["Overview", "Rooms", "Force lab"]);
  expect(placesFor("viewer").menu).toEqual([]);
});

it("gives operators what they may use", () => {
  expect(labels(placesFor("operator").menu)).toEqual(["Import", "Updates", "System"]);
});

it("gives admins everything that is managed", () => {
  const { bar, menu } = placesFor("admin");
  expect(labels(bar)).toEqual(["Overview", "Rooms", "Force lab"]);
  expect(labels(menu)).toEqual(["People", "Tokens", "Import", "Updates", "Mapping", "Audit", "System"]);
});
