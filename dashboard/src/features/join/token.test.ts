import { expect, it } from "vitest";

import { tokenIn } from "./token";

it("finds the token of an invitation link", () => expect(tokenIn("#ohi_a-b_c")).toBe("ohi_a-b_c"));

it.each(["", "#", "#  "])("finds no token in %o", (hash) => expect(tokenIn(hash)).toBe(""));

it("leaves a fragment alone that is no percent code", () => expect(tokenIn("#100%")).toBe("100%"));
