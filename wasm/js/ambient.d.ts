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

/** The bindings of the analysis module; written by wasm-bindgen. */
declare module "plumbline:analysis" {
  type Columns = Float64Array | undefined;
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function rocAuc(scores: Float64Array, converted: Uint8Array, weights: Columns): number;
  export function averagePrecision(scores: Float64Array, converted: Uint8Array, weights: Columns): number;
  export function logLoss(scores: Float64Array, converted: Uint8Array, weights: Columns): number;
  export function brier(scores: Float64Array, converted: Uint8Array, weights: Columns): number;
  export function delong(scores: Float64Array, converted: Uint8Array, confidence: number): unknown;
  export function compareAuc(first: Float64Array, second: Float64Array, converted: Uint8Array, confidence: number): unknown;
  export function confusion(scores: Float64Array, converted: Uint8Array, threshold: number, weights: Columns): unknown;
  export function reliability(scores: Float64Array, converted: Uint8Array, bins: number, quantile: boolean): unknown;
  export function gain(scores: Float64Array, converted: Uint8Array, parts: number, weights: Columns): unknown;
  export function numericDrift(reference: Float64Array, current: Float64Array, bins: number): unknown;
  export function categoryDrift(reference: Float64Array, current: Float64Array): unknown;
  export function metricsReport(scores: Float64Array, converted: Uint8Array, measure: unknown): unknown;
  export function driftReport(features: readonly unknown[], limits: unknown): unknown;
  export function estimatePerformance(
    reference: Float64Array,
    converted: Uint8Array,
    scores: Float64Array,
    outcomes: Columns,
    threshold: number,
  ): unknown;
  export function makeWindows(rows: unknown, features: object, like: Uint8Array | undefined): unknown;
  export function mergeWindows(files: readonly Uint8Array[]): unknown;
  export function readWindows(file: Uint8Array, reference: Uint8Array | undefined, wish: unknown): unknown;
}

/** The bindings of the experiment module; written by wasm-bindgen. */
declare module "plumbline:experiment" {
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function split(settings: unknown, ids: readonly string[]): unknown;
  export function assign(settings: unknown, ids: readonly string[], fields: unknown): unknown;
  export function experiment(settings: unknown, columns: unknown): unknown;
  export function plan(plan: unknown): unknown;
}

/** The bindings of the quality module; written by wasm-bindgen. */
declare module "plumbline:quality" {
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function validate(suite: string, columns: object, format: string): unknown;
  export function generateSuite(columns: object, name: string): unknown;
}

declare module "node:fs" {
  export function readFileSync(file: URL): Uint8Array<ArrayBuffer>;
}
