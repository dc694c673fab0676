// Entry point `./quality` of workerd, which compiles the module before the worker starts.
import module from "./quality.wasm";
import { initSync } from "plumbline:quality";

initSync({ module });

export * from "./suites.ts";
