import { PlumblineError } from "./error.ts";
import type { BatchOptions, ScoreOptions } from "./types.ts";

/** The farthest moment from 1970 that a `Date` holds, in milliseconds. */
const FARTHEST = 8.64e15;

/** The moment of scoring, in milliseconds since 1970. @internal */
export function when({ now }: ScoreOptions): number {
  if (now === undefined) return Date.now();
  const ms = typeof now === "number" ? now : now instanceof Date ? now.getTime() : Number.NaN;
  if (!(Math.abs(ms) <= FARTHEST)) throw invalid("now", now, "must be a Date or milliseconds since 1970");
  return ms;
}

/** How many reasons at the most. @internal */
export function many({ reasons = 3 }: ScoreOptions): number {
  if (Number.isInteger(reasons) && reasons >= 0 && reasons <= 0x7fff_ffff) return reasons;
  throw invalid("reasons", reasons, "must be a whole number of at least 0");
}

/** Whether rows are answered with margins. @internal */
export function wantsMargins({ output = "probability" }: BatchOptions): boolean {
  if (output === "margin" || output === "probability") return output === "margin";
  throw invalid("output", output, 'must be "probability" or "margin"');
}

function invalid(name: string, value: unknown, why: string): PlumblineError {
  return new PlumblineError("OPTION_INVALID", `option "${name}" ${why}; got ${String(value)}`);
}
