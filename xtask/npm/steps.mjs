// What a build consists of. The times are those of a first build on two cores; of what is unchanged nothing is built again.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { follow, has, requireTools, root, timed } from "./run.mjs";

const TARGET = "wasm32-unknown-unknown";

/** The arguments of cargo that run the build glue with `command`. */
export const glue = (...command) => ["run", "--quiet", "--profile", "cheap", "-p", "xtask", "--", ...command];

const xtask = (name, seconds, command) => ({ name, seconds, command: "cargo", args: glue(command) });

/** The npm packages of the lock file, unless they are installed. */
function packages() {
  const done = join(root, "node_modules/.package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return [];
  return [{ name: "npm packages", seconds: 10, command: "npm", args: ["ci", "--no-audit", "--no-fund", "--loglevel=error"] }];
}

/** The wasm target of the Rust toolchain in use, unless it is there. */
function target() {
  const sysroot = spawnSync("rustc", ["--print", "sysroot"], { cwd: root, encoding: "utf8" }).stdout?.trim();
  if (sysroot && existsSync(join(sysroot, "lib/rustlib", TARGET, "lib"))) return [];
  if (!has("rustup")) {
    console.error(`The Rust target ${TARGET} is missing, and rustup is not installed to add it.`);
    process.exit(69);
  }
  return [{ name: `Rust target ${TARGET}`, seconds: 5, command: "rustup", args: ["target", "add", TARGET] }];
}

const buildGlue = { name: "build glue", seconds: 40, command: "cargo", args: ["build", "--quiet", "--profile", "cheap", "-p", "xtask"] };
const edge = xtask("edge module", 300, "worker");
const page = xtask("page", 220, "web");
const trial = [xtask("edge module", 60, "worker"), xtask("page", 60, "web")].map((step) => ({ ...step, args: [...step.args, "--trial"] }));
const npmPackage = xtask("npm package", 180, "wasm");
const sizes = xtask("sizes within their budgets", 2, "sizes");

/** Installs what the scripts need: npm packages and the wasm target. */
export async function prepare() {
  requireTools();
  await follow([...packages(), ...target()]);
}

/**
 * Builds what `npm start` serves, the edge module and then the page: soon rather than fast and small, unless they are built for
 * deployment already. Calls `serve` when the module is there, and resolves to its result and the exit code of building the page.
 */
export async function buildService(serve) {
  requireTools();
  const [edge, page] = trial;
  const all = [...packages(), ...target(), buildGlue, edge, page];
  await follow(all.slice(0, -1), all);
  return Promise.all([serve(), timed(`[${all.length}/${all.length}] ${page.name}, about ${page.seconds} s`, page.command, page.args)]);
}

/**
 * Builds all that is shipped, the npm package too, and holds its sizes against their budgets. `more`: steps that need the page, or only
 * time, which the edge module leaves on other cores.
 *
 * @param {Step[]} more
 */
export async function build(more = []) {
  requireTools();
  await follow([...packages(), ...target(), buildGlue, [[edge], [page, npmPackage, ...more]], sizes]);
}
