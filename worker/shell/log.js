// Carries log rows from the service to their shards: in batches after the answers, or before the answers they belong to.
const TRIES = 3;
const LATE_MS = 1000;
/** Durable: rows that come within this time are committed together. */
const GATHER_MS = 1;
/** Durable: how long a request waits for the one that carries its rows before it looks after them itself. */
const PATIENCE_MS = 10_000;
/** Durable: so many rounds back, how a commit went is known. */
const ROUNDS = 1000;
/** A store that failed is tried again after so long. */
const TRIAL_MS = 1000;

export class Log {
  /** `isDurable`: answers wait for their rows. */
  constructor(edge, isDurable) {
    this.edge = edge;
    this.isDurable = isDurable;
    this.wait = edge.exports.flush_ms();
    /** Whether a batch of the rows held in the instance is full. */
    this.full = false;
    /** Rows on their way to a shard. */
    this.sending = 0;
    this.turn = 0;
    this.due = 0;
    this.round = 0;
    /** Durable: how the commit of each late round went, true if it stored all. */
    this.rounds = new Map();
    /** Whether the store has been opened, whether it took what it was given last, and if not, why and when to try again. */
    this.opened = false;
    this.fine = false;
    this.trouble = undefined;
    this.again = 0;
  }

  /** Opens the stores of all shards, or tries them again; `opened`, `fine` and `trouble` say how that went. */
  async probe(env, now) {
    if (this.trouble !== undefined && now < this.again) return;
    this.again = now + TRIAL_MS;
    const shards = Array.from({ length: this.edge.exports.shards() }, (_, shard) => this.shard(env, shard).probe());
    try {
      await Promise.all(shards);
      this.opened = true;
      this.found(undefined);
    } catch (error) {
      this.found(`${error.message ?? error}`);
    }
  }

  /** Notes what is wrong with the store, or that nothing is. */
  found(trouble) {
    this.fine = trouble === undefined;
    this.trouble = trouble;
    this.edge.exports.storable(this.fine ? 1 : 0);
  }

  /** A stub that failed stays broken: each use takes a new one. */
  shard(env, number) {
    return env.LOG.get(env.LOG.idFromName(`shard-${number}`));
  }

  /** The number of a shard, another each time. */
  any() {
    this.turn = (this.turn + 1) % this.edge.exports.shards();
    return this.turn;
  }

  /** Sends what the instance holds, as a round of its own, and goes on with `edge` in its place. */
  move(env, ctx, edge) {
    this.seal(env, ctx);
    this.edge = edge;
    this.full = false;
  }

  /** Sends what the instance holds, as a round of its own. */
  seal(env, ctx) {
    const sent = this.flush(env, 1).catch(() => false);
    this.rounds.set(this.round, sent).delete(this.round - ROUNDS);
    this.round++;
    ctx.waitUntil(sent);
  }

  /** Goes on with `edge` in place of an instance that panicked: the round under way failed, with the rows it held. */
  lose(edge) {
    this.rounds.set(this.round, false).delete(this.round - ROUNDS);
    this.round++;
    this.edge = edge;
    this.full = false;
  }

  /** Batched: rows go when a batch is full, or when the first has waited long enough. */
  later(env, ctx, now) {
    if (this.full) {
      this.full = false;
      ctx.waitUntil(this.flush(env, 0));
    }
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
   * Durable: resolves once the rows of `round`, which was the log's when they were made, are committed, true if they were. To be called in
   * the turn that made the rows; should the instance have been replaced in it, they are under way already. Requests gather
   * for a moment, each by a timer of its own; the first to wake sends the rows of all, one batch a shard, and the others wait for it.
   * Should that one be cancelled before it sent anything, the next to wake does it.
   */
  async commit(env, ctx, round) {
    await scheduler.wait(GATHER_MS);
    if (this.round === round) {
      this.round++;
      const sent = this.flush(env, 1).catch(() => false);
      this.rounds.set(round, sent).delete(round - ROUNDS);
      // The rows are others' too: they are carried to the end even if this client leaves.
      ctx.waitUntil(sent);
      return sent;
    }
    // A request that waits for nothing but another's work would be taken for hung: a timer of its own says how long it may take.
    return Promise.race([this.rounds.get(round) ?? false, scheduler.wait(PATIENCE_MS).then(() => false)]);
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

  async send(env, shard, batch, rows) {
    this.sending += rows;
    for (let tried = 1; ; tried++) {
      try {
        // A shard knows a batch it has stored: a second try is harmless.
        const epoch = await this.shard(env, shard).append(batch);
        this.count(rows, 0);
        this.heard(epoch);
        return true;
      } catch (error) {
        if (tried < TRIES) continue;
        console.error(error);
        this.count(rows, 1);
        this.fine = false;
        return false;
      }
    }
  }

  /** A shard knows deployment number `epoch`; 0: nobody announces deployments. */
  heard(epoch) {
    if (!(epoch > 0)) return;
    try {
      this.edge.exports.heard(Date.now(), epoch);
    } catch {
      // An instance that panicked meanwhile is replaced, and its successor hears of it again.
    }
  }

  count(rows, failed) {
    this.sending -= rows;
    try {
      this.edge.exports.written(rows, failed);
    } catch {
      // An instance that panicked meanwhile counts no more; what was stored is stored.
    }
  }
}
