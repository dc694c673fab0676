// Which field of a lead is its id: that of the model's schema, as the service reads it (core/src/lead/reader.rs).
import type { Card, Lead } from "./types.ts";

/** The fields of a lead's id, as the service reads it: that of role `id`; without one `lead_id`, then `id`, unless the schema declares them. @internal */
export function idFields({ fields }: Pick<Card, "fields">): string[] {
  const own = fields.find(({ role }) => role === "id");
  return own ? [own.name] : ["lead_id", "id"].filter((name) => !fields.some((field) => field.name === name));
}

/** A lead's id; empty if it has none. @internal */
export function idOf(lead: Lead | undefined, fields: readonly string[] = ["lead_id", "id"]): string {
  for (const field of fields) {
    const id = lead?.[field];
    if ((typeof id === "string" && id) || typeof id === "number") return String(id);
  }
  return "";
}
