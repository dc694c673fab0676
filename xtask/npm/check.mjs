// `npm run check`: what must hold before a commit, without running a test: format, lints, the fence, generated types.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, step } from "./run.mjs";
import { prepare } from "./steps.mjs";

await prepare();
await step("Format", "cargo", ["fmt", "--all", "--check"]);
// In the profiles of the builds: build scripts and macros are then built once for both.
await step("Lints", "cargo", ["clippy", "--quiet", "--profile", "quick", "--workspace", "--all-targets", "--", "-D", "warnings"]);
await step("The core alone, for wasm32", "cargo", [
  ...["clippy", "--quiet", "--profile", "wasm", "-p", "plumbline-core", "--no-default-features"],
  ...["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"],
]);
for (const module of ["analysis", "experiment", "quality"]) {
  await step(`The ${module} module, for wasm32`, "cargo", [
    ...["clippy", "--quiet", "--profile", "wasm", "-p", "plumbline-wasm", "--features", module],
    ...["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"],
  ]);
}
// A workspace of its own, built by nightly with --locked: a dependency added to a crate must be added to its lock too.
await step("The fuzzers' lock file", "cargo", ["tree", "--quiet", "--locked", "--depth", "0", "--manifest-path", "tests/fuzz/Cargo.toml"]);
// No test runs them all.
for (const folder of ["xtask/npm", "worker", "tests/load"]) {
  const scripts = readdirSync(join(root, folder)).filter((name) => name.endsWith(".mjs"));
  for (const name of scripts) await step(`${folder}/${name} can be read`, "node", ["--check", join(folder, name)]);
}
await step("Generated types", "node", ["xtask/npm/types.mjs"]);
