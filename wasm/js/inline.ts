// Entry point `./inline`: the module lies in this file, deflated and in base64; nothing else is loaded.
import base64 from "plumbline:base64";
import { instances, provide } from "./host.ts";

provide(async () => {
  const deflated = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return instances(await WebAssembly.compile(await new Response(stream).arrayBuffer()));
});

export * from "./public.ts";
