import { PlumblineError } from "./error.ts";
import type { Lead } from "./types.ts";

/** Taken when the module is loaded: a page that replaces globals later does not change scores. */
const { stringify } = JSON;

/** A lead as the module reads it: JSON, as text or in UTF-8. @internal */
export function asText(lead: Lead | string | Uint8Array): string | Uint8Array {
  if (typeof lead === "string" || lead instanceof Uint8Array) return lead;
  if (typeof lead !== "object" || lead === null) throw notAnObject(lead);
  for (const field in lead) {
    const value: unknown = lead[field];
    // What JSON.stringify would drop, or write as null, a missing value, is refused here, as it is everywhere.
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw refused("LEAD_NOT_FINITE", field, "is not a finite number");
    }
    if (typeof value === "bigint") {
      throw refused("LEAD_UNSAFE_INTEGER", field, "is a bigint; use a number");
    }
    if (typeof value === "function" || typeof value === "symbol") {
      throw refused("LEAD_WRONG_TYPE", field, `is a ${typeof value}, which no field accepts`);
    }
  }
  try {
    return stringify(lead);
  } catch (cause) {
    throw new PlumblineError("LEAD_MALFORMED", `the lead cannot be written as JSON: ${String(cause)}`, [], { cause });
  }
}

/** Leads as the module reads them, a JSON array; and by their place those that cannot be written. @internal */
export function asArray(leads: readonly Lead[]): { text: string; refused: Map<number, PlumblineError> } {
  const refused = new Map<number, PlumblineError>();
  const texts: (string | Uint8Array)[] = [];
  for (const [place, lead] of leads.entries()) {
    try {
      if (typeof lead !== "object") throw notAnObject(lead);
      texts.push(asText(lead));
    } catch (error) {
      if (!(error instanceof PlumblineError)) throw error;
      refused.set(place, error);
    }
  }
  return { text: `[${texts.join(",")}]`, refused };
}

/** @internal */
export function notAnObject(found: unknown): PlumblineError {
  const detail = `a lead must be a JSON object of named values, not ${found === null ? "null" : `a ${typeof found}`}`;
  return new PlumblineError("LEAD_NOT_AN_OBJECT", detail, [{ code: "LEAD_NOT_AN_OBJECT", pointer: "", detail }]);
}

function refused(code: string, field: string, why: string): PlumblineError {
  const detail = `field "${field}" ${why}`;
  const pointer = `/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return new PlumblineError(code, detail, [{ code, field, pointer, detail }]);
}
