// Which deployment is served: asked for when nothing was heard for a while, fetched when a newer one is known, kept for the next instance.
import { control } from "./lifecycle.js";

/** A request waits so long for an answer, and then goes on with what is served. */
const PATIENCE_MS = 50;
/** Replies of `must_ask`. */
const ASK = 1;
const FETCH = 2;
const encoder = new TextEncoder();

export class Deployment {
  constructor() {
    /** The document served, and the bundles of its models by digest. */
    this.document = "";
    this.bundles = new Map();
    this.fetching = undefined;
  }

  /** Has a new instance serve what the one before it served. Deployments are announced where there is a control object. */
  start(env, edge) {
    if (!env.CONTROL) return;
    edge.exports.expect_deployments(Date.now());
    try {
      if (this.document) this.serve(edge, this.document);
    } catch (error) {
      // It serves what is built in, and fetches the newest before the next request.
      console.error(error);
    }
  }

  /** Before a request is answered: whether a newer deployment is to be served. It goes on after a moment, whatever it has learnt. */
  async follow(env, ctx, log, edge, now) {
    const reply = edge.exports.must_ask(now);
    if (reply === 0) return;
    const asked = (reply === ASK ? this.ask(env, log) : Promise.resolve()).then(() => {
      if (edge.exports.must_ask(Date.now()) === FETCH) return this.fetch(env, log, edge);
    });
    const quiet = asked.catch((error) => console.error(error));
    ctx.waitUntil(quiet);
    await Promise.race([quiet, scheduler.wait(PATIENCE_MS)]);
  }

  /** Asks a shard, any of them, for the number of the newest deployment. */
  async ask(env, log) {
    let epoch = await log.shard(env, log.any()).epoch();
    if (epoch === 0 && env.LIFECYCLE !== undefined) {
      // Nothing was ever announced: the control object has not begun.
      await control(env).begin();
      epoch = await log.shard(env, log.any()).epoch();
    }
    log.edge.exports.heard(Date.now(), epoch);
  }

  /** Fetches the newest deployment and what it needs, once for all requests that wait for it. */
  fetch(env, log, edge) {
    this.fetching ??= this.load(env, log, edge).finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  async load(env, log, edge) {
    const document = await log.shard(env, log.any()).announced();
    if (!document) return;
    for (const digest of this.missing(edge, document)) {
      if (!this.bundles.has(digest)) this.bundles.set(digest, new Uint8Array(await control(env).bundle(digest)));
    }
    this.serve(edge, document);
  }

  /** The digests of models of `document` that the instance does not have. */
  missing(edge, document) {
    const length = edge.exports.missing(edge.put(edge.exports.reserve, encoder.encode(document))[0]);
    return length === 0 ? [] : JSON.parse(edge.text(edge.exports.output(), length));
  }

  /** Has the instance serve `document`; throws where it cannot, and serves on what it did. */
  serve(edge, document) {
    const { exports } = edge;
    for (const digest of this.missing(edge, document)) {
      const bundle = this.bundles.get(digest);
      if (bundle) exports.model(edge.put(exports.reserve, bundle)[0]);
    }
    edge.check(exports.deploy(edge.put(exports.reserve, encoder.encode(document))[0]));
    this.document = document;
    const { models } = JSON.parse(document);
    for (const digest of this.bundles.keys()) if (!models.includes(digest)) this.bundles.delete(digest);
    const length = exports.not_loaded();
    if (length > 0) console.error(edge.text(exports.output(), length));
  }
}
