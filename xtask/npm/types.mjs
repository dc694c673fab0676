// `node xtask/npm/types.mjs`: fails when the committed types of the npm package are not what its source and docs/schema generate.
// `--write` generates them anew, and docs/schema before them (that it is what the core's types say is tested by tests/tests/schemas.rs).
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reports, settings } from "./reports.mjs";
import { root, run } from "./run.mjs";

const write = process.argv.includes("--write");
const generated = new Map([["wasm/js/reports.ts", reports], ["wasm/js/settings.ts", settings]]);
if (write) {
  const made = await run("cargo", ["run", "--quiet", "--profile", "quick", "-p", "plumbline-tests", "--bin", "schemas", "--", "--write"]);
  if (made !== 0) process.exit(made);
  for (const [file, text] of generated) writeFileSync(join(root, file), text(root));
} else {
  for (const [file, text] of generated) {
    if (readFileSync(join(root, file), "utf8") === text(root)) continue;
    console.error(`${file} differs from what docs/schema generates\nGenerate it with: npm run types`);
    process.exit(1);
  }
}

const committed = join(root, "wasm/types");
const fresh = write ? committed : join(root, "target/types");
const files = (folder) => new Map(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));

rmSync(fresh, { recursive: true, force: true });
const code = await run("node", ["node_modules/typescript/bin/tsc", "--project", "wasm/js", "--outDir", fresh]);
if (code !== 0) process.exit(code);
const [wanted, found] = [files(fresh), files(committed)];
const differing = [...new Set([...wanted.keys(), ...found.keys()])].filter((name) => wanted.get(name) !== found.get(name));
for (const name of differing) console.error(`wasm/types/${name} differs from what wasm/js generates`);
if (differing.length > 0) {
  console.error("Regenerate with: npm run types");
  process.exit(1);
}
