// Entry point `./quality` of browsers and bundlers: the module is a file beside this one, there before this module is.
import { initSync } from "plumbline:quality";

const response = await fetch(new URL("./quality.wasm", import.meta.url));
if (!response.ok) throw new Error(`quality.wasm: ${response.status} from ${response.url}`);
initSync({ module: await WebAssembly.compile(await response.arrayBuffer()) });

export * from "./suites.ts";
