/** The colour a label has by its name, the same as in Python; crypto.subtle is missing where there is no secure context. */

/** Colours far enough from each other to tell objects apart, to choose from. */
export const PALETTE: readonly string[] = [
  "#e6194b",
  "#f58231",
  "#ffb000",
  "#ffe119",
  "#bfef45",
  "#3cb44b",
  "#2e9e5b",
  "#42d4f4",
  "#4363d8",
  "#6a3fd8",
  "#911eb4",
  "#f032e6",
  "#fabed4",
  "#9a6324",
  "#a9a9a9",
  "#469990",
]; // prettier-ignore

const K = primes(64).map((prime) => fraction(Math.cbrt(prime)));
const START = primes(8).map((prime) => fraction(Math.sqrt(prime)));

function primes(count: number): number[] {
  const found: number[] = [];
  for (let each = 2; found.length < count; each++) if (found.every((prime) => each % prime !== 0)) found.push(each);
  return found;
}

/** The first 32 bits behind the point. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;
}

const turned = (value: number, by: number): number => (value >>> by) | (value << (32 - by));

/** SHA-256 of a text (FIPS 180-4). */
export function sha256(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  const view = new DataView(padded.buffer);
  const hash = [...START];
  const words = new Int32Array(64);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(block * 64 + i * 4);
    for (let i = 16; i < 64; i++) {
      const [near, far] = [words[i - 2] as number, words[i - 15] as number];
      const first = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
      const second = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
      words[i] = (words[i - 16] as number) + first + (words[i - 7] as number) + second;
    }
    let [a, b, c, d, e, f, g, h] = hash as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const up =
        h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + (K[i] as number) + (words[i] as number);
      const down = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + up) | 0, c, b, a, (up + down) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      hash[i] = ((hash[i] as number) + value) | 0;
    });
  }
  const result = new DataView(new ArrayBuffer(32));
  hash.forEach((value, i) => {
    result.setInt32(i * 4, value);
  });
  return new Uint8Array(result.buffer);
}

/** Python rounds halves to even. */
function rounded(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

function channel(low: number, high: number, hue: number): number {
  const at = ((hue % 1) + 1) % 1;
  if (at < 1 / 6) return low + (high - low) * at * 6;
  if (at < 0.5) return high;
  return at < 2 / 3 ? low + (high - low) * (2 / 3 - at) * 6 : low;
}

/** Twin of color_from_name in cvat_widgets/model/labels.py. */
export function colorFromName(name: string): string {
  const digest = sha256(name);
  const [first, second, third, fourth] = digest as unknown as [number, number, number, number];
  const hue = (first * 256 + second) / 65536;
  const lightness = 0.48 + (third / 255) * 0.14;
  const saturation = 0.62 + (fourth / 255) * 0.28;
  const high = lightness <= 0.5 ? lightness * (1 + saturation) : lightness + saturation - lightness * saturation;
  const low = 2 * lightness - high;
  return `#${[hue + 1 / 3, hue, hue - 1 / 3]
    .map((each) =>
      rounded(channel(low, high, each) * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

export const colorOf = ({ color, name }: { color: string; name: string }): string =>
  /^#[0-9a-f]{6}$/i.test(color) ? color : colorFromName(name);

/** Black or white, whichever is read better on a colour. */
export function inkOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}
