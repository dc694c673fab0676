// `npm run check`: what must hold before a commit, without running a test: format, lints, the fence, generated types.
import { addWasmTarget, installPackages, requireTools, step } from "./run.mjs";

requireTools();
await installPackages();
await addWasmTarget();
await step("Format", "cargo", ["fmt", "--all", "--check"]);
await step("Lints", "cargo", ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
await step("The core alone, for wasm32", "cargo", [
  ...["clippy", "--quiet", "-p", "plumbline-core", "--no-default-features"],
  ...["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"],
]);
await step("Generated types", "node", ["xtask/npm/types.mjs"]);
