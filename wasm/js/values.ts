// Columns as callers pass them, and as the modules take them.
import { PlumblineError } from "./error.ts";

/** Whether each lead converted: 0 or 1 (or true and false), one per score. */
export type Labels = Uint8Array | readonly (boolean | number)[];
/** Numbers, one per lead. */
export type Numbers = Float64Array | readonly number[];

/** Labels as bytes.
 * @internal */
export const bytes = (labels: Labels): Uint8Array => {
  if (labels instanceof Uint8Array) return labels;
  const odd = labels.findIndex((label) => Number(label) !== 0 && Number(label) !== 1);
  if (odd >= 0) throw new PlumblineError("NOT_A_LABEL", `label ${odd} is ${labels[odd]}, not 0, 1, false or true`);
  return Uint8Array.from(labels, Number);
};

/** Numbers as doubles.
 * @internal */
export const doubles = (numbers: Numbers): Float64Array => (numbers instanceof Float64Array ? numbers : Float64Array.from(numbers));
