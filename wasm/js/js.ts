// Entry point `./js`: no WebAssembly; the same module as plain JavaScript, for hosts that forbid the other.
import { instantiate } from "plumbline:javascript";
import type { Exports } from "./door.ts";
import { provide } from "./host.ts";

provide(async () => instantiate as () => Exports);

export * from "./public.ts";
