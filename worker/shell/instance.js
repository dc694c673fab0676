// One instance of the service in wasm: memory, texts in and out. Knows nothing of HTTP.
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NONE = new Uint8Array(0);

/** An instance of `module`; `sql` is an object whose `storage` is the store its log shard works on. */
export function instantiate(module, sql = {}) {
  const instance = new WebAssembly.Instance(module, { plumbline: { sql_run: (...args) => run(self, sql.storage, ...args) } });
  const self = new Memory(instance.exports);
  return self;
}

class Memory {
  constructor(exports) {
    this.exports = exports;
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

/** The import `sql_run`: one statement on the object's store; its rows, or its error, as text. */
function run(memory, storage, at, length, params, size) {
  try {
    const statement = memory.text(at, length);
    const rows = storage.sql.exec(statement, ...bound(memory, params, size)).raw().toArray();
    return rows.length === 0 ? 0 : result(memory, JSON.stringify(rows, bytes));
  } catch (error) {
    return -result(memory, `${error.message ?? error}`);
  }
}

function result(memory, text) {
  return memory.put(memory.exports.sql_reserve, text)[0];
}

function bytes(_, value) {
  return value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value;
}

/** Parameters, each a tag, a length and its bytes: 0 null, 1 number, 2 text, 3 blob. */
function bound(memory, at, size) {
  const view = new DataView(memory.view().buffer);
  const values = [];
  for (const end = at + size; at < end; ) {
    const tag = view.getUint8(at);
    const length = view.getUint32(at + 1, true);
    at += 5;
    if (tag === 0) values.push(null);
    else if (tag === 1) values.push(view.getFloat64(at, true));
    else if (tag === 2) values.push(memory.text(at, length));
    else values.push(memory.take(at, length));
    at += length;
  }
  return values;
}
