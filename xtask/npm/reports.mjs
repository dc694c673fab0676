// TypeScript types of reports and settings, made of the JSON Schemas in docs/schema: the npm package's types are those of what commands
// print and of what the core reads.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const PREFIX = "#/definitions/";

/** The text of `wasm/js/reports.ts`. */
export function reports(root) {
  const head = "// Generated from docs/schema by `npm run types`: what commands print with --json, and what this package returns.\n";
  const answer = "/** A figure, or the reason why there is none. */\nexport type Answer<T> = T | { insufficient: string };\n";
  const json = "/** Any value of JSON. */\nexport type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };\n";
  return [head, answer, json, ...declarations(join(root, "docs/schema"))].join("\n");
}

/** The text of `wasm/js/settings.ts`; lists are readonly, because they are only read. */
export function settings(root) {
  const head = "// Generated from docs/schema/settings by `npm run types`: what this package takes. Omitted members have defaults.\n";
  const types = declarations(join(root, "docs/schema/settings"));
  return [head, ...types.map((text) => text.replaceAll(/(?<=[:|] )(\w+|\([^()]*\))\[\]/g, "readonly $1[]"))].join("\n");
}

/** The types of all schemas in `folder`, by name. */
function declarations(folder) {
  const files = readdirSync(folder).sort().filter((name) => name.endsWith(".json"));
  const types = new Map();
  for (const file of files) {
    const { title, definitions = {}, $schema, ...schema } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    for (const [name, found] of [[title, schema], ...Object.entries(definitions)]) {
      const text = declaration(name, found);
      if (types.has(name) && types.get(name) !== text) throw new Error(`${folder} has two types called ${name}`);
      types.set(name, text);
    }
  }
  return [...types.keys()].sort().map((name) => types.get(name));
}

function declaration(name, schema) {
  const plain = schema.properties && !schema.anyOf && !schema.oneOf;
  const text = typeOf(schema, "");
  return comment(schema, "") + (plain ? `export interface ${name} ${text}\n` : `export type ${name} = ${text};\n`);
}

/** The type of what meets `schema`. */
function typeOf(schema, indent) {
  if (schema === true) return "Json";
  const of = (part) => typeOf(part, indent);
  if (schema.$ref) return decodeURIComponent(schema.$ref.slice(PREFIX.length));
  if (schema.allOf) return schema.allOf.map(of).join(" & ");
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) {
    const union = alternatives(choice, of);
    return schema.properties ? `${object(schema, indent)} & (${union})` : union;
  }
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const kinds = [schema.type ?? []].flat();
  return kinds.length === 0 ? "Json" : kinds.map((kind) => simple(kind, schema, indent)).join(" | ");
}

/** One of several; a figure that may be unanswered is an `Answer`. */
function alternatives(choice, of) {
  const known = choice.filter((part) => !part.properties?.insufficient);
  const union = [...new Set(known.map(of))].join(" | ");
  return known.length < choice.length ? `Answer<${union}>` : union;
}

function simple(kind, schema, indent) {
  if (kind === "integer") return "number";
  if (kind === "array") {
    if (Array.isArray(schema.items)) return `[${schema.items.map((item) => typeOf(item, indent)).join(", ")}]`;
    const item = typeOf(schema.items ?? {}, indent);
    const items = /[|&]/.test(item) ? `(${item})` : item;
    const fixed = schema.minItems !== undefined && schema.minItems === schema.maxItems;
    return fixed ? `[${Array(schema.minItems).fill(items).join(", ")}]` : `${items}[]`;
  }
  return kind === "object" ? object(schema, indent) : kind;
}

function object(schema, indent) {
  if (!schema.properties) {
    const { additionalProperties: value } = schema;
    return `Record<string, ${value && value !== true ? typeOf(value, indent) : "Json"}>`;
  }
  const required = new Set(schema.required);
  const members = Object.entries(schema.properties).map(([name, member]) => {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const type = typeOf(member, `${indent}  `);
    return `${comment(member, `${indent}  `)}${indent}  ${key}${required.has(name) ? "" : "?"}: ${type};\n`;
  });
  return `{\n${members.join("")}${indent}}`;
}

/** A schema's description as a comment. */
function comment({ description }, indent) {
  // Links to Rust's own names are of no use here.
  const plain = description?.replaceAll("\n", " ").replaceAll(/\[`([^`]+)`\](\([^)]*\))?/g, "`$1`");
  return plain ? `${indent}/** ${plain} */\n` : "";
}
