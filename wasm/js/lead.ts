import { PlumblineError } from "./error.ts";
import type { Lead } from "./types.ts";

/** A lead as the module reads it: JSON, as text or in UTF-8. @internal */
export function asText(lead: Lead | string | Uint8Array): string | Uint8Array {
  if (typeof lead === "string" || lead instanceof Uint8Array) return lead;
  for (const field in lead) {
    const value: unknown = lead[field];
    // JSON.stringify writes NaN as null, a missing value: it is refused here, as it is everywhere.
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw refused("LEAD_NOT_FINITE", field, "is not a finite number");
    }
    if (typeof value === "bigint") {
      throw refused("LEAD_UNSAFE_INTEGER", field, "is a bigint; scores are made of numbers");
    }
  }
  return JSON.stringify(lead);
}

/** Leads as the module reads them: a JSON array, or one JSON object to a line. @internal */
export function asBody(leads: readonly Lead[] | string | Uint8Array): string | Uint8Array {
  return typeof leads === "string" || leads instanceof Uint8Array ? leads : `[${leads.map(asText).join(",")}]`;
}

function refused(code: string, field: string, why: string): PlumblineError {
  const detail = `field "${field}" ${why}`;
  const pointer = `/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return new PlumblineError(code, detail, [{ code, field, pointer, detail }]);
}
