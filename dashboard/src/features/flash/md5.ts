/** MD5 as the chips compute it over their flash; browsers have none. It finds damage, and protects from nobody. */

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const SINES = Uint32Array.from({ length: 64 }, (_, n) => Math.floor(Math.abs(Math.sin(n + 1)) * 2 ** 32));

function padded(bytes: Uint8Array): DataView {
  const room = new Uint8Array((((bytes.length + 8) >> 6) << 6) + 64);
  room.set(bytes);
  room[bytes.length] = 0x80;
  const view = new DataView(room.buffer);
  view.setUint32(room.length - 8, bytes.length << 3, true);
  view.setUint32(room.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  return view;
}

/** 32 hexadecimal digits. */
export function md5(bytes: Uint8Array): string {
  const view = padded(bytes);
  const sum = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  const words = new Uint32Array(16);
  for (let block = 0; block < view.byteLength; block += 64) {
    for (let n = 0; n < 16; n++) words[n] = view.getUint32(block + 4 * n, true);
    let [a = 0, b = 0, c = 0, d = 0] = sum;
    for (let n = 0; n < 64; n++) {
      const round = n >> 4;
      const [mixed, word] =
        round === 0
          ? [(b & c) | (~b & d), n]
          : round === 1
            ? [(d & b) | (~d & c), 5 * n + 1]
            : round === 2
              ? [b ^ c ^ d, 3 * n + 5]
              : [c ^ (b | ~d), 7 * n];
      const turned = (a + mixed + (SINES[n] ?? 0) + (words[word & 15] ?? 0)) | 0;
      const shift = SHIFTS[4 * round + (n & 3)] ?? 0;
      [a, d, c, b] = [d, c, b, (b + ((turned << shift) | (turned >>> (32 - shift)))) | 0];
    }
    [a, b, c, d].forEach((part, n) => (sum[n] = (sum[n] ?? 0) + part));
  }
  return [...new Uint8Array(sum.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
