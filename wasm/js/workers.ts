// Entry point `./workers`: workerd compiles the module before the worker starts.
import module from "./plumbline.wasm";
import { instances, provide } from "./host.ts";

provide(async () => instances(module));

export * from "./public.ts";
