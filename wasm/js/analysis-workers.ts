// Entry point `./analysis` of workerd, which compiles the module before the worker starts.
import module from "./analysis.wasm";
import { initSync } from "plumbline:analysis";

initSync({ module });

export * from "./statistics.ts";
