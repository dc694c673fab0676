import type { Exports } from "./door.ts";

/** Makes a new, empty instance of the compiled module. @internal */
export type Instantiate = () => Exports;

let compile: () => Promise<Instantiate>;
let compiled: Promise<Instantiate> | undefined;

/** Says how this entry point gets at the module. @internal */
export function provide(compiler: () => Promise<Instantiate>): void {
  compile = compiler;
}

/** The module, compiled once; a failed attempt (a network that was down) may be repeated. @internal */
export function compiledModule(): Promise<Instantiate> {
  compiled ??= compile().catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

/** The instances of a WebAssembly module. @internal */
export function instances(module: WebAssembly.Module): Instantiate {
  return () => new WebAssembly.Instance(module).exports as unknown as Exports;
}
