import { expect, it } from "vitest";

import { md5 } from "./md5";

it.each([
  ["", "d41d8cd98f00b204e9800998ecf8427e"],
  ["abc", "900150983cd24fb0d6963f7d28e17f72"],
  ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
])("is that of RFC 1321, of “%s”", (text, digest) => {
  expect(md5(new TextEncoder().encode(text))).toBe(digest);
});

// 55, 56 and 64 are where a block ends or its length no longer fits; Python's hashlib gave the digests.
it.each([
  [0, "d41d8cd98f00b204e9800998ecf8427e"],
  [1, "99e3a85d7220f86cac89b67c9839039f"],
  [55, "78931c3534184945154a96cc4aec44c2"],
  [56, "671f63615ebb0eb009dc7c84ef4ba717"],
  [63, "ee705525acae466abb5b17c5bcb91cfe"],
  [64, "779dfd73b96badbbcb4298cd2ca0fb93"],
  [65, "09a2b42ed901789a5935bf0a9ed3df2b"],
  [119, "17f4b27ac74424848f0526fd1976bfaa"],
  [120, "ac070a3dc685c6756a323ea2bc2f8f6b"],
  [5000, "28ab89fe4a250f16c420920fb548a7ac"],
])("is that of everyone else, of %i bytes", (length, digest) => {
  expect(md5(Uint8Array.from({ length }, (_, n) => (n * 7 + 200) & 255))).toBe(digest);
});
