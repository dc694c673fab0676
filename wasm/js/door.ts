import { type LeadProblem, PlumblineError } from "./error.ts";

/** What the module exports (`wasm/src/abi.rs`), be it WebAssembly or the same thing as JavaScript. @internal */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  pl_reserve(bytes: number): number;
  pl_rows(values: number): number;
  pl_text(): number;
  pl_values(): number;
  pl_load(bytes: number): number;
  pl_score(bytes: number, nowMs: number, reasons: number): number;
  pl_score_body(bytes: number, nowMs: number, reasons: number): number;
  pl_read(bytes: number): number;
  pl_score_row(): number;
  pl_score_rows(rows: number, margins: number): void;
  pl_features(bytes: number, nowMs: number): number;
  pl_explain_row(): number;
}

/** Taken when the module is loaded: a page that replaces globals later does not change scores. */
const { parse } = JSON;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The memory of one instance: bytes and rows in, texts and numbers out. @internal */
export class Door {
  readonly exports: Exports;
  #row = new Float64Array(0);

  constructor(exports: Exports) {
    this.exports = exports;
  }

  /** Copies `input` into the input buffer; its length in bytes. Nothing else may be asked of the module before it is used. */
  write(input: string | Uint8Array): number {
    // The address is taken before the buffer: reserving may move the memory.
    if (typeof input === "string") {
      const room = input.length * 3;
      const address = this.exports.pl_reserve(room) >>> 0;
      return encoder.encodeInto(input, new Uint8Array(this.exports.memory.buffer, address, room)).written;
    }
    const address = this.exports.pl_reserve(input.length) >>> 0;
    new Uint8Array(this.exports.memory.buffer, address, input.length).set(input);
    return input.length;
  }

  /** The text of an answer; throws it when it is an error (a negative length). */
  read(length: number): string {
    const address = this.exports.pl_text() >>> 0;
    const text = decoder.decode(new Uint8Array(this.exports.memory.buffer, address, Math.abs(length)));
    if (length < 0) throw refusal(parse(text));
    return text;
  }

  /** Copies one row into the row buffer. */
  writeRow(row: Float64Array): void {
    if (this.#row.buffer !== this.exports.memory.buffer || this.#row.length !== row.length) {
      this.#row = this.#rows(row.length);
    }
    this.#row.set(row);
  }

  /** Copies many rows into the row buffer. */
  writeRows(rows: Float64Array): void {
    this.#rows(rows.length).set(rows);
  }

  /** A copy of the first `count` numbers of an answer. */
  values(count: number): Float64Array {
    const address = this.exports.pl_values() >>> 0;
    return new Float64Array(this.exports.memory.buffer, address, count).slice();
  }

  /** A copy of the first `count` numbers of the row buffer. */
  row(count: number): Float64Array {
    return this.#rows(count).slice();
  }

  #rows(length: number): Float64Array<ArrayBuffer> {
    const address = this.exports.pl_rows(length) >>> 0;
    return new Float64Array(this.exports.memory.buffer, address, length);
  }
}

/** An answer of the module that is an error. @internal */
export interface Refused {
  error: { code: string; detail: string; errors?: LeadProblem[] };
}

/** The same as an exception. @internal */
export function refusal({ error }: Refused): PlumblineError {
  return new PlumblineError(error.code, error.detail, error.errors);
}
