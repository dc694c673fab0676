// Lays out in worker/dist what `wrangler deploy` uploads: `node worker/dist.mjs [MODEL.plumb …]`, the demo model when none is named.
// Run `npm run build` before, and `npx wrangler deploy --config worker/wrangler.jsonc` after.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { modelsModule } from "./config.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Writes the modules of the worker with these bundles to `to`; the names written. */
export function assemble(bundles, to = join(here, "dist")) {
  const models = bundles.length > 0 ? bundles : [join(here, "demo/demo.plumb")];
  const module = join(here, "pkg/edge.wasm");
  for (const path of [module, ...models]) {
    if (!existsSync(path)) throw new Error(`${path} is missing${path === module ? ": run npm run build" : ""}`);
  }
  // Read before anything is removed: a model may lie in the folder of the last time.
  const bytes = models.map((path) => readFileSync(resolve(path)));
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(join(here, "shell"))) copyFileSync(join(here, "shell", name), join(to, name));
  copyFileSync(module, join(to, "edge.wasm"));
  bytes.forEach((model, i) => writeFileSync(join(to, `${i}.plumb`), model));
  writeFileSync(join(to, "models.js"), modelsModule(models.length));
  return readdirSync(to).sort();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    console.log(`worker/dist: ${assemble(process.argv.slice(2)).join(", ")}`);
  } catch (error) {
    console.error(error.message);
    process.exit(66);
  }
}
