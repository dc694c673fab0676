// The SQL store of a Durable Object, as the service's module imports it. No rule lives here.
const encoder = new TextEncoder();
const REFUSED = -1;
const TOO_LARGE = -2;
const LARGEST_INTEGER = 2 ** 63;
/** Tags of values. */
const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;

/** The imports of `memory`'s module; `store.storage` is the storage they work on. */
export function imports(memory, store) {
  const refused = (error) => {
    memory.put(memory.exports.sql_reserve, `${error.message ?? error}`);
    return REFUSED;
  };
  const exec = (at, length, params, size) => store.storage.sql.exec(memory.text(at, length), ...bound(memory, params, size));
  return {
    /** Runs a statement; the rows it changed, where it is of the kind that `counts`. */
    sql_execute(counts, ...statement) {
      try {
        const cursor = exec(...statement);
        // A cursor that was not read to its end holds its tables.
        cursor.raw().toArray();
        // Rows written are those of indexes too: they say only whether there is something to count.
        return counts && cursor.rowsWritten > 0 ? store.storage.sql.exec("SELECT changes()").raw().toArray()[0][0] : 0;
      } catch (error) {
        return refused(error);
      }
    },
    /** Runs a query; its rows are at `sql_reserve` then. */
    sql_query(...statement) {
      try {
        const cursor = exec(...statement);
        const cells = cursor.raw().toArray().flat().map(cell);
        if (cells.includes(undefined)) return TOO_LARGE;
        write(memory, cursor.columnNames.length, cells);
        return 0;
      } catch (error) {
        return refused(error);
      }
    },
    /** Has another object's shard do something, while the module waits; only where `store.carry` says how. */
    shard_do: store.carry ? new WebAssembly.Suspending(store.carry) : () => REFUSED,
    /** How much of a history has been played. */
    played: (part) => store.played?.(part),
    /** Runs `sql_work` of the module as a transaction: 1 if it took effect, 0 if the work wanted it undone. */
    sql_transaction() {
      let kept, broken;
      try {
        store.storage.transactionSync(() => {
          try {
            kept = memory.exports.sql_work() !== 0;
          } catch (error) {
            broken = error;
          }
          if (!kept) throw new Error("undo");
        });
      } catch (error) {
        // A panic is for whoever called the module.
        if (broken !== undefined) throw broken;
        if (kept !== false) return refused(error);
      }
      return kept ? 1 : 0;
    },
  };
}

/** Parameters, each a tag and its value: 8 bytes of a double, or a length and so many bytes. */
function bound(memory, at, size) {
  const view = new DataView(memory.view().buffer);
  const values = [];
  for (const end = at + size; at < end; ) {
    const tag = view.getUint8(at++);
    if (tag === NULL) values.push(null);
    else if (tag <= REAL) {
      values.push(view.getFloat64(at, true));
      at += 8;
    } else {
      const length = view.getUint32(at, true);
      at += 4;
      values.push(tag === TEXT ? memory.text(at, length) : memory.take(at, length));
      at += length;
    }
  }
  return values;
}

/** Writes a result at `sql_reserve`: how many columns, then each value as parameters are written. */
function write(memory, width, cells) {
  const size = cells.reduce((sum, [tag, value]) => sum + 1 + (tag === NULL ? 0 : tag <= REAL ? 8 : 4 + value.length), 4);
  let at = memory.exports.sql_reserve(size);
  const bytes = memory.view();
  const view = new DataView(bytes.buffer);
  view.setUint32(at, width, true);
  at += 4;
  for (const [tag, value] of cells) {
    view.setUint8(at++, tag);
    if (tag === NULL) continue;
    if (tag <= REAL) {
      view.setFloat64(at, value, true);
      at += 8;
    } else {
      view.setUint32(at, value.length, true);
      bytes.set(value, at + 4);
      at += 4 + value.length;
    }
  }
}

/** The tag of a value and what is written of it. Integers come as doubles, large ones rounded: of those there is none. */
function cell(value) {
  if (value === null) return [NULL];
  if (typeof value === "string") return [TEXT, encoder.encode(value)];
  if (value instanceof ArrayBuffer) return [BLOB, new Uint8Array(value)];
  if (Number.isSafeInteger(value)) return [INTEGER, value];
  if (Number.isInteger(value) && Math.abs(value) <= LARGEST_INTEGER) return undefined;
  return [REAL, value];
}
