// Sorting in slices: a stable merge sort that gives the thread back between them.
import type { Slices } from "./list-slices.ts";

/** The places 0 to `count` − 1 in the order of `compare`; equal ones stay as they are. @internal */
export async function sorted(count: number, compare: (a: number, b: number) => number, slices: Slices): Promise<Uint32Array> {
  let [from, to] = [Uint32Array.from({ length: count }, (_, place) => place), new Uint32Array(count)];
  for (let width = 1; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, count), Math.min(start + 2 * width, count)];
      let [left, right] = [start, middle];
      for (let place = start; place < end; place++) {
        const isLeft = left < middle && (right >= end || compare(from[left] as number, from[right] as number) <= 0);
        to[place] = from[isLeft ? left++ : right++] as number;
        if (place % 64 === 0 && slices.isOver) await slices.rest();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
