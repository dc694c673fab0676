// Whether documents are valid by a published schema of docs/schema, by Python's jsonschema.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../xtask/npm/run.mjs";

const python = process.env.PLUMBLINE_PYTHON;

/** Why nothing can be checked here; false where it can. */
export const unchecked = !python && "not run: PLUMBLINE_PYTHON names no interpreter with tests/python/requirements.txt";

const SCRIPT = `import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
checker = jsonschema.validators.validator_for(schema)
checker.check_schema(schema)
for document in json.load(sys.stdin):
    for error in checker(schema).iter_errors(document): print(error.json_path, error.message)`;

/** What is wrong with `documents` by the schema `docs/schema/NAME.schema.json`, one a line; empty where they are valid. */
export function faults(name, documents) {
  const checked = spawnSync(python, ["-c", SCRIPT, join(root, `docs/schema/${name}.schema.json`)], { input: JSON.stringify(documents), encoding: "utf8", maxBuffer: 1 << 28 });
  if (checked.status !== 0) throw new Error(checked.stderr);
  return checked.stdout;
}
