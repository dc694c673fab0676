// Entry point `./analysis` of browsers and bundlers: the module is a file beside this one, there before this module is.
import { initSync } from "plumbline:analysis";

const response = await fetch(new URL("./analysis.wasm", import.meta.url));
if (!response.ok) throw new Error(`analysis.wasm: ${response.status} from ${response.url}`);
initSync({ module: await WebAssembly.compile(await response.arrayBuffer()) });

export * from "./statistics.ts";
