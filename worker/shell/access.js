// The keys in force, read from a shard every few seconds. The service decides what each key may do.
import { control } from "./lifecycle.js";

/** Keys are asked for again after so long: a key that was revoked is refused then at the latest. */
const AGE_MS = 2000;
const encoder = new TextEncoder();

export class Access {
  constructor() {
    this.keys = "";
    this.since = 0;
    this.asking = undefined;
  }

  /** Has a new instance know the keys that the one before it knew. */
  start(env, edge) {
    if (env.CONTROL && env.LIFECYCLE !== undefined && this.keys) this.give(edge);
  }

  /** Before a request is answered: the first waits for the keys, later ones do not wait for newer ones. */
  async follow(env, ctx, log, edge, now) {
    if (now - this.since < AGE_MS && this.keys) return;
    this.asking ??= this.ask(env, log, edge).finally(() => (this.asking = undefined));
    const quiet = this.asking.catch((error) => console.error(error));
    ctx.waitUntil(quiet);
    if (!this.keys) await quiet;
  }

  async ask(env, log, edge) {
    let keys = await log.shard(env, log.any()).access();
    if (!keys) {
      // Control has not begun.
      await control(env).begin();
      keys = await log.shard(env, log.any()).access();
    }
    this.since = Date.now();
    if (!keys || keys === this.keys) return;
    this.keys = keys;
    this.give(edge);
  }

  give(edge) {
    edge.check(edge.exports.access(edge.put(edge.exports.reserve, encoder.encode(this.keys))[0]));
  }
}
