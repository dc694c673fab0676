// The hashes that draws rest on, 32 bits each.

const encoder = new TextEncoder();

/** The first 32 bits of SHA-256 of a text. @internal */
export function sha256(text: string): number {
  const bytes = encoder.encode(text);
  const words = new Uint32Array(((bytes.length + 8) >> 6) * 16 + 16);
  bytes.forEach((byte, at) => (words[at >> 2]! |= byte << (24 - 8 * (at & 3))));
  words[bytes.length >> 2]! |= 0x80 << (24 - 8 * (bytes.length & 3));
  words[words.length - 2] = Math.floor(bytes.length / 0x2000_0000);
  words[words.length - 1] = bytes.length << 3;
  const state = Uint32Array.from(INITIAL);
  const w = new Uint32Array(64);
  for (let start = 0; start < words.length; start += 16) {
    for (let i = 0; i < 64; i++) w[i] = i < 16 ? words[start + i]! : small(w[i - 2]!, 17, 19, 10) + w[i - 7]! + small(w[i - 15]!, 7, 18, 3) + w[i - 16]!;
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const first = (h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i]! + w[i]!) | 0;
      const second = ((right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i]! += value));
  }
  return state[0]!;
}

const right = (x: number, by: number) => (x >>> by) | (x << (32 - by));
const small = (x: number, first: number, second: number, shift: number) => right(x, first) ^ right(x, second) ^ (x >>> shift);

/** The first 32 bits of the fractions of the roots of the first primes: of square roots, then of cube roots. */
const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
};
const fraction = (x: number) => Math.floor((x - Math.floor(x)) * 4_294_967_296);
const INITIAL = primes(8).map((prime) => fraction(Math.sqrt(prime)));
const ROUND = primes(64).map((prime) => fraction(Math.cbrt(prime)));

/** MurmurHash3, x86, 32 bits, of a text in UTF-8. @internal */
export function murmur(text: string, seed: number): number {
  const bytes = encoder.encode(text);
  const mix = (k: number) => Math.imul(left(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  const whole = bytes.length & ~3;
  let h = seed;
  for (let at = 0; at < whole; at += 4) {
    h = (Math.imul(left(h ^ mix(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)), 13), 5) + 0xe6546b64) | 0;
  }
  if (whole < bytes.length) h ^= mix(bytes.subarray(whole).reduceRight((k, byte) => (k << 8) | byte, 0));
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const left = (x: number, by: number) => (x << by) | (x >>> (32 - by));

/** FNV-1a over UTF-16 code units, as GrowthBook hashes. @internal */
export function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  return h >>> 0;
}
