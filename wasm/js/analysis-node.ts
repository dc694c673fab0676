// Entry point `./analysis` of Node: the module is a file beside this one.
import { readFileSync } from "node:fs";
import { initSync } from "plumbline:analysis";

initSync({ module: new WebAssembly.Module(readFileSync(new URL("./analysis.wasm", import.meta.url))) });

export * from "./statistics.ts";
