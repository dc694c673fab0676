// A log shard: the prediction log's rules, run on this Durable Object's SQLite.
import { DurableObject } from "cloudflare:workers";
import module from "./edge.wasm";
import { instantiate } from "./instance.js";

const encoder = new TextEncoder();
const store = { storage: undefined };
let shared;

export class LogShard extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.call("shard_open");
  }

  /** Writes to the store, changing nothing: throws unless it takes rows. */
  probe() {
    this.call("shard_probe");
  }

  /**
   * Stores a batch of rows, encoded by the service, once however often it is tried; resolves when they are committed, with the number of
   * the newest deployment announced.
   */
  append(batch) {
    return this.call("shard_append", batch);
  }

  /** The number of the newest deployment announced; 0 where none was. */
  epoch() {
    return this.call("shard_epoch");
  }

  /** Keeps the deployment `document`, a JSON text, if it is newer than the one kept. */
  announce(document) {
    return this.call("shard_announce", encoder.encode(document)) === 1;
  }

  /** The newest deployment announced, a JSON text; empty where there is none. */
  announced() {
    const length = this.call("shard_announced");
    return length > 0 ? shared.text(shared.exports.shard_error(), length) : "";
  }

  /** Rows stored. */
  count() {
    return this.call("shard_count");
  }

  /** One call into the rules. A panic costs the instance, not the object. */
  call(entry, batch) {
    store.storage = this.ctx.storage;
    shared ??= instantiate(module, store);
    const { exports } = shared;
    let value;
    try {
      if (batch) shared.put(exports.shard_reserve, batch);
      value = exports[entry]();
    } catch (error) {
      shared = undefined;
      throw error;
    }
    if (value >= 0) return value;
    throw new Error(shared.text(exports.shard_error(), exports.shard_error_length()));
  }
}
