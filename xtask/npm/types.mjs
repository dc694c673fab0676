// `node xtask/npm/types.mjs`: fails when the committed types of the npm package are not what its source generates.
// `--write` generates them anew.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

const committed = join(root, "wasm/types");
const fresh = process.argv.includes("--write") ? committed : join(root, "target/types");
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
