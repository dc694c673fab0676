// Entry point `.` of Node: the module is a file beside this one.
import { readFile } from "node:fs/promises";
import { instances, provide } from "./host.ts";

provide(async () => instances(await WebAssembly.compile(await readFile(new URL("./plumbline.wasm", import.meta.url)))));

export * from "./public.ts";
