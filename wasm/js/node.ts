// Entry point `.` of Node: the module is a file beside this one.
import { readFileSync } from "node:fs";
import { instances, provide } from "./host.ts";

// Without waiting for other threads: a file of this size is read and compiled sooner than they are woken.
provide(async () => instances(new WebAssembly.Module(readFileSync(new URL("./plumbline.wasm", import.meta.url)))));

export * from "./public.ts";
