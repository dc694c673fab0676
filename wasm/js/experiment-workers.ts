// Entry point `./experiment` of workerd, which compiles the module before the worker starts.
import module from "./experiment.wasm";
import { initSync } from "plumbline:experiment";

initSync({ module });

export * from "./experiments.ts";
