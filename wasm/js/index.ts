// Entry point `.` of browsers and bundlers: the module is a file beside this one.
import { instances, provide } from "./host.ts";

/** Taken when the module is loaded: a page that replaces globals later does not change how the module is loaded. */
const request = fetch.bind(globalThis);

provide(async () => {
  const response = await request(new URL("./plumbline.wasm", import.meta.url));
  if (!response.ok) throw new Error(`plumbline.wasm: ${response.status} from ${response.url}`);
  // A server that names the type lets the browser compile while it loads.
  const streams = response.headers.get("content-type")?.startsWith("application/wasm") && WebAssembly.compileStreaming;
  return instances(await (streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())));
});

export * from "./public.ts";
