// What the bundler and the hosts supply.

/** The compiled module, where the host compiles what is imported from `.wasm` files (workerd). */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** The module as base64 of its deflated bytes; written by build.mjs. */
declare module "plumbline:base64" {
  const text: string;
  export default text;
}

/** The module as plain JavaScript; written by wasm2js, made a function by build.mjs. */
declare module "plumbline:javascript" {
  export function instantiate(): unknown;
}

declare module "node:fs" {
  export function readFileSync(file: URL): Uint8Array<ArrayBuffer>;
}
