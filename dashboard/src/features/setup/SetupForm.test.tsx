import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { SetupAnswers } from "@/api/types";
import { show } from "@/testing/render";

import { SetupForm } from "./SetupForm";
import { tokenOf } from "./token";

const onSubmit = vi.fn<(answers: SetupAnswers) => void>();
const submitButton = () => screen.getByRole("button", { name: /Create the administrator/ });

async function fill(password: string) {
  await userEvent.type(screen.getByLabelText("User name"), "ada");
  await userEvent.type(screen.getByLabelText("Password"), password);
}

describe("the set-up form", () => {
  beforeEach(() => onSubmit.mockReset());

  it("sends what was said, with the token of the link and this browser's zone", async () => {
    await show(<SetupForm linkedToken="abc" busy={false} error={null} onSubmit={onSubmit} />);
    await fill("a long enough one");
    await userEvent.click(submitButton());
    expect(onSubmit).toHaveBeenCalledWith({
      token: "abc",
      username: "ada",
      password: "a long enough one",
      site_name: "Home",
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    expect(screen.queryByLabelText(/token/)).toBeNull();
  });

  it("does not take a password of seven characters", async () => {
    await show(<SetupForm linkedToken="abc" busy={false} error={null} onSubmit={onSubmit} />);
    await fill("seven c");
    expect(submitButton()).toBeDisabled();
    expect(screen.getByText("1 more character needed")).toBeVisible();
  });

  it("asks for the token when no link brought it, and takes a whole link", async () => {
    await show(<SetupForm linkedToken="" busy={false} error={null} onSubmit={onSubmit} />);
    await fill("a long enough one");
    await userEvent.type(screen.getByLabelText("Set-up link or token"), "http://pi:8000/setup#t0ken");
    await userEvent.click(submitButton());
    expect(onSubmit.mock.calls[0]?.[0].token).toBe("t0ken");
  });

  it("shows why the server said no", async () => {
    const error = new Error("This link is not valid any more.");
    await show(<SetupForm linkedToken="abc" busy={false} error={error} onSubmit={onSubmit} />);
    expect(screen.getByRole("alert")).toHaveTextContent("This link is not valid any more.");
  });
});

describe("the token", () => {
  it.each([
    ["#abc", "abc"],
    ["http://host:8000/setup#abc", "abc"],
    ["  abc ", "abc"],
    ["#a%2Bb", "a+b"],
    ["#100%", "100%"],
    ["", ""],
  ])("of %j is %j", (text, token) => {
    expect(tokenOf(text)).toBe(token);
  });
});
