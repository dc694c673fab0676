// A score as a row of a list needs it.
import type { PlumblineError } from "./error.ts";
import type { Score } from "./types.ts";

/** A lead's score in short, or the code of the error that took its place. @internal */
export interface Brief {
  /** As the model reads it; absent for a lead without one. */
  lead_id?: string;
  score?: number;
  band?: string;
  /** The strongest reason in words; absent without reasons. */
  reason?: string;
  version?: string;
  probability?: number;
  margin?: number;
  code?: string;
}

/** @internal */
export function brief(answer: Score | PlumblineError | { error: { code: string } }): Brief {
  if ("code" in answer) return { code: answer.code };
  if ("error" in answer) return { code: answer.error.code };
  const { lead_id, score, band, reasons, model, probability, margin } = answer;
  const [first] = reasons;
  return { ...(lead_id !== undefined && { lead_id }), score, band, version: model.version, probability, margin, ...(first && { reason: first.text }) };
}
