// What the front-door scripts share: running a command with its name and its time, and asking what the machine has.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Whether `command` is on the PATH. */
export function has(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}

/**
 * Runs a command in the project's root with its output shown, or shown only when it fails (`quiet`); resolves to its exit code.
 * `heard` gets the output too, with 1 for stdout or 2 for stderr.
 */
export function run(command, args, { env = {}, quiet = false, heard } = {}) {
  return new Promise((resolve) => {
    const output = quiet || heard ? "pipe" : "inherit";
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", output, output] });
    let said = "";
    for (const [stream, own, number] of [[child.stdout, process.stdout, 1], [child.stderr, process.stderr, 2]]) {
      stream?.setEncoding("utf8").on("data", (chunk) => {
        if (quiet) said += chunk;
        else own.write(chunk);
        heard?.(chunk, number);
      });
    }
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on("close", (code, signal) => {
      if (quiet && code !== 0) process.stderr.write(said);
      resolve(code ?? (signal ? 128 : 1));
    });
  });
}

/** Runs a step, says its name before and its time after; ends the process when it fails. */
export async function step(name, command, args, options) {
  const started = performance.now();
  process.stdout.write(`• ${name}\n`);
  const code = await run(command, args, options);
  if (code !== 0) {
    console.error(`✗ ${name}: ${command} ${args.join(" ")} exited with code ${code}`);
    process.exit(code);
  }
  process.stdout.write(`  done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

/** Ends the process with a sentence when the machine lacks what nothing here can install. */
export function requireTools() {
  const [major] = process.versions.node.split(".").map(Number);
  const missing = [];
  if (major < 20) missing.push(`Node 20 or newer (this is ${process.versions.node})`);
  if (!has("cargo")) missing.push("cargo (install Rust with rustup)");
  if (!has("cc") && !has("gcc") && !has("clang")) missing.push("a C compiler (cc)");
  if (missing.length > 0) {
    console.error(`Missing requirements: ${missing.join("; ")}.`);
    process.exit(69);
  }
}

/** Installs the npm packages of the lock file, unless that is done already. */
export async function installPackages() {
  const done = join(root, "node_modules/.package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return;
  await step("Installing npm packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** Adds the wasm target to the Rust toolchain in use, unless it is there. */
export async function addWasmTarget() {
  const target = "wasm32-unknown-unknown";
  const sysroot = spawnSync("rustc", ["--print", "sysroot"], { cwd: root, encoding: "utf8" }).stdout?.trim();
  if (sysroot && existsSync(join(sysroot, "lib/rustlib", target, "lib"))) return;
  if (!has("rustup")) {
    console.error(`The Rust target ${target} is missing, and rustup is not installed to add it.`);
    process.exit(69);
  }
  await step(`Adding the Rust target ${target}`, "rustup", ["target", "add", target]);
}

/** Builds what the hosts run: the npm package, the edge worker, the page. Quick when nothing changed. */
export async function build() {
  requireTools();
  await installPackages();
  await addWasmTarget();
  await step("Building wasm, worker and page", "cargo", ["run", "--quiet", "--profile", "quick", "-p", "xtask", "--", "all"]);
}

/** The root package's version. */
export function version() {
  return JSON.parse(readFileSync(join(root, "wasm/package.json"), "utf8")).version;
}
