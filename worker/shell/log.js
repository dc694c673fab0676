// Carries log rows from the service to their shards: in batches after the answers, or before the answer they belong to.
const TRIES = 3;
const LATE_MS = 1000;

export class Log {
  constructor(edge, settings) {
    this.edge = edge;
    this.wait = settings.flush_ms;
    this.full = settings.flush_rows ?? 256;
    this.due = 0;
  }

  /** Batched: rows go when a shard's batch is full, or when the first has waited long enough. */
  later(env, ctx, held, now) {
    if (held >= this.full) ctx.waitUntil(this.flush(env, 0));
    // A timer dies with the request that set it, should the runtime cancel that one: one that is long overdue is set again.
    if (now < this.due + LATE_MS) return;
    this.due = now + this.wait;
    ctx.waitUntil(
      scheduler.wait(this.wait).then(() => {
        this.due = 0;
        return this.flush(env, 1);
      }),
    );
  }

  /**
   * Durable: resolves once the rows are committed, true if they were. To be called in the turn that made the rows, so that they
   * are this request's own: a request that waited for another's I/O would be cancelled with it. Rows of many requests that reach
   * a shard together are committed together there.
   */
  commit(env) {
    return this.flush(env, 1);
  }

  /** Sends every batch that is due to its shard; true if all were stored. */
  async flush(env, all) {
    const { edge } = this;
    const { exports } = edge;
    const sent = [];
    for (;;) {
      const reply = exports.due(Date.now(), all) >> 2;
      edge.view();
      const { words } = edge;
      const rows = words[reply + 4];
      if (rows === 0) break;
      sent.push(this.send(env, words[reply + 6], edge.take(words[reply + 2], words[reply + 3]), rows));
    }
    return (await Promise.all(sent)).every(Boolean);
  }

  async send(env, shard, text, rows) {
    const name = crypto.randomUUID();
    for (let tried = 1; ; tried++) {
      try {
        // A stub that failed stays broken: each try takes a new one. The batch's name makes a second try harmless.
        await env.LOG.get(env.LOG.idFromName(`shard-${shard}`)).append(name, text);
        this.edge.exports.written(rows, 0);
        return true;
      } catch (error) {
        if (tried < TRIES) continue;
        console.error(error);
        this.edge.exports.written(rows, 1);
        return false;
      }
    }
  }
}
