// What the front-door scripts share: running a command with its name and its time, and asking what the machine has.
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Whether `command` is on the PATH. */
export function has(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}

/**
 * Runs a command in the project's root with its output shown, or shown only when it fails (`quiet`); resolves to its exit code.
 * `heard` gets the output too, with 1 for stdout or 2 for stderr, and alone where `isShown` is false. After `limit_ms` the command is
 * killed; its exit code is 124 then.
 */
export function run(command, args, { env = {}, quiet = false, isShown = true, heard, limit_ms } = {}) {
  return new Promise((resolve) => {
    const output = quiet || heard ? "pipe" : "inherit";
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", output, output] });
    let said = "";
    for (const [stream, own, number] of [[child.stdout, process.stdout, 1], [child.stderr, process.stderr, 2]]) {
      stream?.setEncoding("utf8").on("data", (chunk) => {
        if (quiet) said += chunk;
        else if (isShown) own.write(chunk);
        heard?.(chunk, number);
      });
    }
    let isLate = false;
    const late = () => {
      isLate = true;
      console.error(`${command} is killed: it runs for more than ${limit_ms / 60_000} minutes`);
      child.kill("SIGKILL");
    };
    const timer = limit_ms && setTimeout(late, limit_ms);
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    // Not "close": what the command started may outlive it and hold its output open.
    child.on("exit", () => isLate && resolve(124));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (quiet && code !== 0) process.stderr.write(said);
      resolve(code ?? (signal ? 128 : 1));
    });
  });
}

/** Runs a step; reports its name before and its time after, on stderr. Returns its exit code. */
export async function timed(name, command, args, options) {
  const started = performance.now();
  console.error(`• ${name}`);
  const code = await run(command, args, options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0) console.error(`  done in ${seconds} s: ${name.split(", about")[0]}`);
  else console.error(`✗ ${name}: ${command} ${args.join(" ")} exited with code ${code}`);
  return code;
}

/** Runs a step; ends the process when it fails. */
export async function step(name, command, args, options) {
  const code = await timed(name, command, args, options);
  if (code !== 0) process.exit(code);
}

/**
 * Runs the steps of a plan, each announced by its number, the number of all, and roughly how long it takes. An entry of the plan is a
 * step, or an array of lanes (each an array of steps) that run side by side. Ends the process when a step fails. `whole` is the plan that
 * this one is a part of.
 *
 * @typedef {{name: string, seconds: number, command: string, args: string[]}} Step
 * @param {(Step | Step[][])[]} plan
 */
export async function follow(plan, whole = plan) {
  const steps = whole.flat(2);
  const named = (each) => `[${steps.indexOf(each) + 1}/${steps.length}] ${each.name}, about ${each.seconds} s`;
  async function inTurn(lane) {
    for (const each of lane) {
      const code = await timed(named(each), each.command, each.args);
      if (code !== 0) return code;
    }
    return 0;
  }
  for (const entry of plan) {
    const codes = await Promise.all((Array.isArray(entry) ? entry : [[entry]]).map(inTurn));
    const failed = codes.find((code) => code !== 0);
    if (failed !== undefined) process.exit(failed);
  }
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
