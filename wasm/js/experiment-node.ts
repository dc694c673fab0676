// Entry point `./experiment` of Node: the module is a file beside this one.
import { readFileSync } from "node:fs";
import { initSync } from "plumbline:experiment";

initSync({ module: new WebAssembly.Module(readFileSync(new URL("./experiment.wasm", import.meta.url))) });

export * from "./experiments.ts";
