// One instance of the service in wasm: memory, texts in and out. Knows nothing of HTTP.
import { imports } from "./store.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const NONE = new Uint8Array(0);

/** An instance of `module`; `store` is an object whose `storage` is the store its log shard works on. */
export function instantiate(module, store = {}) {
  const memory = new Memory();
  memory.exports = new WebAssembly.Instance(module, { plumbline: imports(memory, store) }).exports;
  return memory;
}

class Memory {
  constructor() {
    this.exports = undefined;
    this.bytes = NONE;
    this.words = new Uint32Array(0);
  }

  /** The memory as bytes; a view dies when the memory grows, so it is asked for after every call that may allocate. */
  view() {
    if (this.bytes.byteLength === 0) {
      this.bytes = new Uint8Array(this.exports.memory.buffer);
      this.words = new Uint32Array(this.exports.memory.buffer);
    }
    return this.bytes;
  }

  /** Bytes `at` to `at + length`, copied. */
  take(at, length) {
    return this.view().slice(at, at + length);
  }

  text(at, length) {
    return decoder.decode(this.view().subarray(at, at + length));
  }

  /** Writes the parts one after the other where `reserve` says; returns their lengths. */
  put(reserve, ...parts) {
    const all = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
    let at = reserve(all.reduce((n, part) => n + part.length, 0));
    const view = this.view();
    for (const part of all) {
      view.set(part, at);
      at += part.length;
    }
    return all.map((part) => part.length);
  }

  /** The texts at `at`, each behind its length, `length` bytes in all. */
  texts(at, length) {
    const view = new DataView(this.view().buffer);
    const texts = [];
    for (const end = at + length; at < end; ) {
      const size = view.getUint32(at, true);
      texts.push(this.text(at + 4, size));
      at += 4 + size;
    }
    return texts;
  }

  /** Throws the text at `output` when `length` is not 0. */
  check(length) {
    if (length !== 0) throw new Error(this.text(this.exports.output(), length));
  }
}
