import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { keys } from "@/api/keys";
import { ADMIN, show } from "@/testing/render";
import { fakeServer } from "@/testing/server";

import { LoginPage } from "./LoginPage";

async function logIn() {
  await userEvent.type(screen.getByLabelText("User name"), "ada");
  await userEvent.type(screen.getByLabelText("Password"), "secret words");
  await userEvent.click(screen.getByRole("button", { name: "Log in" }));
}

describe("the login page", () => {
  it("lets a person in and leads back to where they wanted to go", async () => {
    const asked = fakeServer({ "POST /auth/login": [200, { user: ADMIN }] });
    const { cache, history } = await show(<LoginPage />, { me: null, path: "/login?next=%2Fsystem" });
    await logIn();
    expect(asked).toEqual([
      { method: "POST", path: "/auth/login", body: { username: "ada", password: "secret words" } },
    ]);
    expect(cache.getQueryData(keys.me)).toEqual(ADMIN);
    expect(history.location.pathname).toBe("/system");
  });

  it.each([
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "/\\elsewhere.example",
    "javascript:alert(1)",
  ])("leads home instead of to %s", async (next) => {
    fakeServer({ "POST /auth/login": [200, { user: ADMIN }] });
    const path = `/login?next=${encodeURIComponent(next)}`;
    const { history } = await show(<LoginPage />, { me: null, path });
    await logIn();
    expect(history.location.href).toBe("/");
  });

  it("says that the name or the password is wrong, not which", async () => {
    fakeServer({ "POST /auth/login": [401, { title: "Unauthorized", status: 401 }] });
    await show(<LoginPage />, { me: null });
    await logIn();
    expect(await screen.findByRole("alert")).toHaveTextContent("User name or password is wrong.");
  });

  it("counts down after too many attempts", async () => {
    fakeServer({ "POST /auth/login": [429, { title: "Too many", status: 429 }, { "Retry-After": "30" }] });
    await show(<LoginPage />, { me: null });
    await logIn();
    expect(await screen.findByRole("alert")).toHaveTextContent(/Try again in (30|29) seconds/);
  });

  it("says in words that the server is away", async () => {
    fakeServer({
      "POST /auth/login": () => {
        throw new TypeError("Failed to fetch");
      },
    });
    await show(<LoginPage />, { me: null });
    await logIn();
    expect(await screen.findByRole("alert")).toHaveTextContent("The server cannot be reached");
  });
});
