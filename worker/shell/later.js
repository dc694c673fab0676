// Scores answered requests by the versions that did not answer, once their answers are on the way: never before, and at no one's cost.
/** After a panic the other versions rest for so long; for twice as long, at most a minute, if it comes soon after a rest. */
const REST_MS = 1000;
const MOST_REST_MS = 60_000;
/** So many requests are scored in one turn at most: answers come between two turns. */
const TURN = 32;
/** A turn that is overdue for so long died with the request that waited for it. */
const LATE_MS = 1000;

export class Later {
  constructor() {
    /** Requests that wait in the instance. */
    this.waiting = 0;
    this.rest = REST_MS;
    this.until = 0;
    this.resumed = 0;
    /** When the turn under way is given up; 0: there is none. */
    this.due = 0;
  }

  /** Goes on with `edge`, in place of an instance that took what waited in it with it. */
  move(edge) {
    this.edge = edge;
    if (this.waiting > 0) edge.exports.left_out(0, this.waiting);
    this.waiting = 0;
    if (this.until > 0) edge.exports.shadows(0);
  }

  /** Ends a rest that has lasted long enough at `now`. */
  resume(now) {
    if (this.until === 0 || now < this.until) return;
    this.until = 0;
    this.resumed = now;
    this.edge.exports.shadows(1);
  }

  /**
   * Has what waits scored in timer's turns, one after another: a microtask would run before the answer leaves. `recover` gets a new
   * instance.
   */
  turn(env, ctx, log, recover) {
    const now = Date.now();
    if (now < this.due) return;
    this.due = now + LATE_MS;
    const { edge } = this;
    ctx.waitUntil(
      scheduler.wait(0).then(() => {
        this.due = 0;
        let made = 0;
        // Answers that wait for their rows do not lose them to another version's panic.
        if (log.isDurable && this.waiting > 0) log.seal(env, ctx);
        try {
          for (let n = 0; n < TURN && this.waiting > 0 && this.edge === edge; n++) made += this.score(log);
        } catch (error) {
          console.error(error);
          this.waiting--;
          const now = Date.now();
          this.rest = now - this.resumed > 10 * this.rest ? REST_MS : Math.min(2 * this.rest, MOST_REST_MS);
          this.until = now + this.rest;
          recover();
          this.edge.exports.left_out(1, 0);
          // Whose fault it was is a row, too.
          log.later(env, ctx, now);
          return;
        }
        if (made > 0) log.later(env, ctx, Date.now());
        if (this.waiting > 0) this.turn(env, ctx, log, recover);
      }),
    );
  }

  /** Scores the oldest request that waits; returns the rows that became of it. */
  score(log) {
    const reply = this.edge.exports.after(Date.now()) >> 2;
    this.edge.view();
    const { words } = this.edge;
    log.full = log.full || words[reply + 5] > 0;
    this.waiting = words[reply + 10];
    return words[reply + 4];
  }
}
