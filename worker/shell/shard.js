// A log shard: the prediction log's rules, run on this Durable Object's SQLite.
import { DurableObject } from "cloudflare:workers";
import module from "./edge.wasm";
import { instantiate } from "./instance.js";
import { control } from "./lifecycle.js";

const encoder = new TextEncoder();
/** A batch of so many bytes, some ten rows, is one of many: for so long, leads are stored with a pause after each slice. */
const BUSY_BYTES = 8192;
const BUSY_MS = 1000;
const PAUSE_MS = 100;
/** A pause between two pieces of what is never put off. */
const BREATH_MS = 5;
/** So long the control object waits for leads to be stored. */
const PATIENCE_MS = 2000;
const store = { storage: undefined };
let shared;

export class LogShard extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    /** Until then rows are taken to come in numbers. */
    this.busyUntil = 0;
    /** The leads that are being stored. */
    this.catching = undefined;
    this.call("shard_open");
    // Before anyone stores rows.
    if (env.PLUMBLINE_CUT) this.call("shard_cut", encoder.encode(env.PLUMBLINE_CUT), Date.now());
  }

  /** Of which stretches predictions may be missing, because the service was killed; JSON. */
  missing() {
    return this.text("shard_gaps");
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
    if (batch.length > BUSY_BYTES) this.busyUntil = Date.now() + BUSY_MS;
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

  /** Works out windows by `rules`, JSON, at once: for a history, during which no one else is answered. */
  async digestAll(now, rules) {
    await this.learn(rules);
    this.call("shard_digest", encoder.encode(rules), now);
  }

  /**
   * Works out windows by `rules`, JSON, as shard `number`: traffic to its end, all else for a while. Between two pieces others have the
   * thread. While rows come in numbers, leads are stored slowly, so that answers do not wait; what is left is done after.
   */
  async digest(number, rules) {
    await this.learn(rules);
    this.call("shard_rules", encoder.encode(rules));
    while (this.call("shard_digest_traffic", undefined, number, Date.now()) === 1) await scheduler.wait(BREATH_MS);
    this.catching ??= this.catchUp(number).finally(() => (this.catching = undefined));
    this.catching.catch(() => {});
    await Promise.race([this.catching, scheduler.wait(PATIENCE_MS)]);
  }

  /** Stores leads, slice by slice, until none is left. */
  async catchUp(number) {
    while (this.call("shard_digest_leads", undefined, number, Date.now()) === 1) {
      await scheduler.wait(Date.now() < this.busyUntil ? PAUSE_MS : 0);
    }
  }

  /** Asks the control object for bundles that scores are filled in by. */
  async learn(rules) {
    for (const version of JSON.parse(this.text("shard_lacks", encoder.encode(rules)))) {
      const bundle = new Uint8Array(await control(this.env).version(version));
      this.call("shard_model", join(version, bundle), encoder.encode(version).length);
    }
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
