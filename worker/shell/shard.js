// A log shard: the prediction log's rules, run on this Durable Object's SQLite.
import { DurableObject } from "cloudflare:workers";
import module from "./edge.wasm";
import { instantiate } from "./instance.js";
import { control } from "./lifecycle.js";

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
    return this.text("shard_announced");
  }

  /** Stores this shard's own of the events `body`, which were posted to `path`; what became of them, JSON. */
  events(now, number, shards, path, body) {
    return this.text("shard_events", join(path, body), now, number, shards, encoder.encode(path).length);
  }

  /** What this shard says to the question `ask`, JSON, of a request with `body`; JSON. */
  part(now, number, shards, ask, body) {
    return this.text("shard_part", join(ask, body), now, number, shards, encoder.encode(ask).length);
  }

  /** Keeps the keys in force, a JSON text. */
  keepAccess(keys) {
    this.call("shard_keep_access", encoder.encode(keys));
  }

  /** The keys in force, a JSON text; empty where control has said none. */
  access() {
    return this.text("shard_access");
  }

  /** Works out windows by `rules`, JSON. Bundles that scores are filled in by are asked of the control object. */
  async digest(now, rules) {
    const given = encoder.encode(rules);
    for (const version of JSON.parse(this.text("shard_lacks", given))) {
      const bundle = new Uint8Array(await control(this.env).version(version));
      this.call("shard_model", join(version, bundle), encoder.encode(version).length);
    }
    this.call("shard_digest", given, now);
  }

  /** Deletes what is older than `retention`, JSON, says, and what every follower has. */
  expire(now, retention) {
    this.call("shard_expire", encoder.encode(retention), now);
  }

  /** The next windows that control does not have, JSON; `acknowledge` them once it does. */
  unsent() {
    return this.text("shard_unsent");
  }

  /** The sums of this shard's leads of the test `due`, JSON both. */
  experiment(due) {
    return this.text("shard_experiment", encoder.encode(due));
  }

  acknowledge(windows) {
    this.call("shard_acknowledge", encoder.encode(windows));
  }

  /** The minutes since a moment, JSON. */
  minutes(since) {
    return this.text("shard_minutes", undefined, since);
  }

  /** Minutes since a moment and heartbeats of late, JSON each. */
  recent(now, since) {
    return [this.minutes(since), this.text("shard_heartbeats", undefined, now)];
  }

  /** Rows stored. */
  count() {
    return this.call("shard_count");
  }

  /** One call that leaves a text. */
  text(entry, batch, ...more) {
    const length = this.call(entry, batch, ...more);
    return length > 0 ? shared.text(shared.exports.shard_error(), length) : "";
  }

  /** One call into the rules. A panic costs the instance, not the object. */
  call(entry, batch, ...more) {
    store.storage = this.ctx.storage;
    shared ??= instantiate(module, store);
    const { exports } = shared;
    let value;
    try {
      if (batch) shared.put(exports.shard_reserve, batch);
      value = exports[entry](...more);
    } catch (error) {
      shared = undefined;
      throw error;
    }
    if (value >= 0) return value;
    throw new Error(shared.text(exports.shard_error(), exports.shard_error_length()));
  }
}

/** The bytes of a text, then those of `body`. */
function join(text, body) {
  const head = encoder.encode(text);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
