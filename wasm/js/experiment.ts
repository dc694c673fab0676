// Entry point `./experiment` of browsers and bundlers: the module is a file beside this one, there before this module is.
import { initSync } from "plumbline:experiment";

const response = await fetch(new URL("./experiment.wasm", import.meta.url));
if (!response.ok) throw new Error(`experiment.wasm: ${response.status} from ${response.url}`);
initSync({ module: await WebAssembly.compile(await response.arrayBuffer()) });

export * from "./experiments.ts";
