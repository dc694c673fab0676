// Entry point `./quality` of Node: the module is a file beside this one.
import { readFileSync } from "node:fs";
import { initSync } from "plumbline:quality";

initSync({ module: new WebAssembly.Module(readFileSync(new URL("./quality.wasm", import.meta.url))) });

export * from "./suites.ts";
