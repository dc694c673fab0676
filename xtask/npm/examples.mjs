// The npm packages of the examples in wasm/examples, installed by the tests that use them: a build and `npm start` need none of them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { root } from "./run.mjs";

/** What npm has already is taken; a registry that does not answer is asked once, for 20 seconds. */
const LIMITS = ["--prefer-offline", "--fetch-retries=0", "--fetch-timeout=20000"];

/** Installs what the lock file of the example `name` says, unless it is there; undefined, or why it could not. */
export function install(name) {
  const folder = join(root, "wasm/examples", name);
  const [lock, stamp] = [readFileSync(join(folder, "package-lock.json"), "utf8"), join(folder, "node_modules/.plumbline-installed")];
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return undefined;
  const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...LIMITS], { cwd: folder, encoding: "utf8", timeout: 120_000 });
  if (npm.status !== 0) return `the npm packages of wasm/examples/${name} cannot be installed: ${npm.stderr?.trim().split("\n")[0] || npm.error?.message}`;
  writeFileSync(stamp, lock);
  return undefined;
}
