// The project's native programs, for tests: built when first asked for, or those in the folder `PLUMBLINE_BUILT`. `npm test` names the
// folder of the programs that its native suite built: another choice of packages has other features, so cargo would build all of it again.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./run.mjs";

const found = new Map();

/** The path of the program `name` of `package`. */
export function program(name = "plumbline", from = "plumbline") {
  const built = process.env.PLUMBLINE_BUILT;
  if (built) return join(built, name);
  if (!found.has(name)) {
    const cargo = spawnSync("cargo", ["build", "--quiet", "--profile", "quick", "-p", from, "--bin", name], { cwd: root, stdio: "inherit" });
    if (cargo.status !== 0) throw new Error(`${name} does not build`);
    found.set(name, join(root, "target/quick", name));
  }
  return found.get(name);
}
