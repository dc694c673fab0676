// The worker: requests into the service in wasm, answers out, log rows on to their shards. No rule lives here.
import { WorkerEntrypoint } from "cloudflare:workers";
import module from "./edge.wasm";
import models from "./models.js";
import { Access } from "./access.js";
import { TOO_LARGE, read } from "./body.js";
import { Deployment } from "./deployment.js";
import { Head } from "./head.js";
import { instantiate } from "./instance.js";
import { Later } from "./later.js";
import { Log } from "./log.js";
import { Lifecycle } from "./lifecycle.js";
import { page, takesGzip, zipped } from "./page.js";

export { Control } from "./control.js";
export { LogShard } from "./shard.js";

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const MOST_KNOWN = 256;
/** Small answers are parts of a buffer of so many bytes: one of its own each would cost the runtime more than the copy. */
const SLAB_BYTES = 16384;
/** Memory of wasm never shrinks: an instance that has grown by so much is replaced. */
const GROWTH_BYTES = 25165824;
/** Numbers of problems that the service words; those of bodies are in body.js. */
const INTERNAL = 0;
const LOG_UNAVAILABLE = 1;
const STORE_UNAVAILABLE = 4;
const BUNDLE_TOO_LARGE = 7;
/** Where bundles are sent, which may be larger than requests for scores. */
const BUNDLES = "/v1/models";
/** Where those of retrainings are handed in. */
const RETRAINED = "/v1/retrain/";
let slab = EMPTY;
let taken = 0;
let edge;
let head;
let log;
const later = new Later();
const deployment = new Deployment();
const access = new Access();
let settings;
let durable;
let bodyBytes;
let bodyMs;
let bundleBytes;
let fresh;
let heads = [];
const lifecycle = new Lifecycle();

/** A new instance of the service, not yet in use. */
function make(env) {
  settings ??= { log: "batched", ...(env.SETTINGS ? JSON.parse(env.SETTINGS) : {}) };
  durable = settings.log === "durable";
  const made = instantiate(module);
  const { exports } = made;
  for (const model of models) made.check(exports.model(made.put(exports.reserve, new Uint8Array(model))[0]));
  // 128 random bits: names of batches must differ from those of any other instance.
  const name = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  if (env.PLUMBLINE_SECRET) exports.secret(made.put(exports.reserve, env.PLUMBLINE_SECRET)[0]);
  lifecycle.start(env, made);
  made.check(exports.start(...made.put(exports.reserve, JSON.stringify(settings), name)));
  bodyBytes = exports.body_bytes();
  bodyMs = exports.body_ms();
  bundleBytes = exports.bundle_bytes();
  heads = [];
  const place = exports.counters() >> 2;
  made.view();
  made.counters = made.words.slice(place + 2, place + 4);
  made.scoredBy = exports.scored_by() >> 2;
  deployment.start(env, made);
  access.start(env, made);
  const length = exports.reads();
  head = new Head(JSON.parse(made.text(made.exports.output(), length)));
  fresh = made.view().length;
  return made;
}

/** The service, for the first request. */
function open(env) {
  edge = make(env);
  log = new Log(edge, durable);
  later.move(edge);
}

/** A new instance in place of the old one, of which no code runs: its counters, which it goes on from, are read from its memory. */
function replace(env) {
  const counts = edge.take(...edge.counters);
  edge = make(env);
  edge.exports.adopt(edge.put(edge.exports.reserve, counts)[0]);
  edge.exports.storable(log.fine ? 1 : 0);
}

/** Replaces an instance that has grown too large; its rows go on. */
function renew(env, ctx) {
  replace(env);
  log.move(env, ctx, edge);
  later.move(edge);
}

/** Replaces an instance that panicked, and with it the rows it held. */
function recover(env) {
  edge.view();
  const model = edge.words[edge.scoredBy];
  replace(env);
  edge.exports.panicked(log.sending);
  log.lose(edge);
  later.move(edge);
  // Whose fault it was is a row of the log, which goes with the next.
  if (model > 0) edge.exports.failed(Date.now(), model);
}

/** What the control object asks for each minute. It has no address: only this worker's own objects reach it. */
export class Prober extends WorkerEntrypoint {
  /** Has each version that is deployed score a lead of its own, in the instance that also answers requests; the rows that became of it. */
  async probe() {
    const { env, ctx } = this;
    const now = Date.now();
    if (edge === undefined) open(env);
    if (!log.fine) await log.probe(env, now);
    await deployment.follow(env, ctx, log, edge, now);
    const { round } = log;
    let rows;
    try {
      const reply = edge.exports.probe(Date.now()) >> 2;
      edge.view();
      rows = edge.words[reply + 4];
      log.full ||= edge.words[reply + 5] > 0;
    } catch (error) {
      recover(env);
      throw error;
    }
    if (rows > 0 && durable) await log.commit(env, ctx, round);
    else if (rows > 0) log.later(env, ctx, now);
    return rows;
  }
}

export default {
  async fetch(request, env, ctx) {
    const since = Date.now();
    if (edge === undefined) open(env);
    const { method, url, headers } = request;
    const start = url.indexOf("/", 8);
    const path = start < 0 ? "/" : url.slice(start);
    let body = EMPTY;
    const scores = method === "POST" || method === "PUT";
    if (scores) {
      const isBundle = (path === BUNDLES || path.startsWith(RETRAINED)) && lifecycle.takes(method, path);
      const reading = read(request, isBundle ? bundleBytes : bodyBytes, bodyMs);
      // A client that breaks off ends its request, and with it what it waits for; so the share of the body is given back at once.
      ctx.waitUntil(reading);
      body = await reading;
      if (typeof body === "number") return refuse(isBundle && body === TOO_LARGE ? BUNDLE_TOO_LARGE : body, method, path, headers);
    }
    if (lifecycle.takes(method, path)) {
      try {
        const answer = await lifecycle.answer(env, request, body);
        return method === "GET" && answer.status === 200 && takesGzip(headers) ? zipped(answer) : answer;
      } catch (error) {
        console.error(error);
        return refuse(STORE_UNAVAILABLE, method, path, headers, `${error.message ?? error}`);
      }
    }
    if (!log.fine) {
      await log.probe(env, since);
      // A store of a newer version, a broken or a read-only one is refused, and with it what needs one.
      if (!log.opened && (scores || path.endsWith("/ready"))) return refuse(STORE_UNAVAILABLE, method, path, headers, log.trouble);
    }
    if (env.CONTROL && (scores || path.endsWith("/ready"))) await deployment.follow(env, ctx, log, edge, since);
    if (lifecycle.isKept && !path.startsWith("/health")) await access.follow(env, ctx, log, edge, since);
    if (path === "/metrics") await lifecycle.gauges(env, edge);
    let reply;
    const used = edge;
    const { round } = log;
    later.resume(since);
    try {
      reply = ask(method, path, headers, body, since);
      if (edge.view().length > fresh + GROWTH_BYTES) renew(env, ctx);
    } catch (error) {
      // What panicked is not to be trusted: the next request gets a new instance.
      console.error(error);
      if (edge === used) recover(env);
      return refuse(INTERNAL, method, path, headers);
    }
    const { status } = reply.head;
    if (reply.rows > 0) {
      if (durable) {
        if (!(await log.commit(env, ctx, round))) return refuse(LOG_UNAVAILABLE, method, path, headers);
        edge.exports.answered(status, reply.scored, reply.refused, reply.unknown);
      } else log.later(env, ctx, since);
    } else if (status === 404 && (method === "GET" || method === "HEAD")) {
      const end = path.indexOf("?");
      const found = await page(end < 0 ? path : path.slice(0, end), method, env.ASSETS, takesGzip(headers));
      if (found) return found;
    }
    if (reply.later > 0 && edge === used) later.turn(env, ctx, log, () => recover(env));
    return new Response(status === 204 || status === 304 ? null : reply.body, reply.head);
  },
};

/** The response to a request that failed outside of the service, in the service's words. */
function refuse(kind, method, path, given, detail = "") {
  const { exports } = edge;
  const more = encoder.encode(detail);
  const at = exports.reserve(head.take(method, path, given) + more.length);
  const view = edge.view();
  const end = head.write(view, at);
  view.set(more, end);
  const reply = exports.refuse(kind, end - at, more.length) >> 2;
  const bytes = edge.view();
  const { words } = edge;
  const body = bytes.slice(words[reply + 2], words[reply + 2] + words[reply + 3]);
  return new Response(body, headOf(words[reply], words[reply + 1]));
}

/** One request through the service. */
function ask(method, path, given, body, since) {
  const size = head.take(method, path, given);
  const { exports } = edge;
  const at = exports.reserve(size + body.length);
  const view = edge.view();
  const end = head.write(view, at);
  view.set(body, end);
  const reply = exports.handle(Date.now(), since, end - at, body.length) >> 2;
  const bytes = edge.view();
  const { words } = edge;
  const length = words[reply + 3];
  // The request has been read: an answer that fits takes its place.
  const answer = body.length >= length ? body.subarray(0, length) : room(length);
  answer.set(bytes.subarray(words[reply + 2], words[reply + 2] + length));
  log.full = words[reply + 5] > 0;
  later.waiting = words[reply + 10];
  const [scored, refused, unknown] = [words[reply + 7], words[reply + 8], words[reply + 9]];
  return { head: headOf(words[reply], words[reply + 1]), body: answer, rows: words[reply + 4], scored, refused, unknown, later: later.waiting };
}

/** Memory for an answer; never written again once it is handed out. */
function room(length) {
  if (length > SLAB_BYTES / 4) return new Uint8Array(length);
  if (slab.length - taken < length) {
    slab = new Uint8Array(SLAB_BYTES);
    taken = 0;
  }
  taken += length;
  return slab.subarray(taken - length, taken);
}

/** Status and headers for a response: one object for all alike, which the runtime reads faster than a new one each time. */
function headOf(status, number) {
  if (number >= MOST_KNOWN) return { status, headers: list(number) };
  const known = heads[number];
  if (known?.status === status) return known;
  return (heads[number] = { status, headers: known?.headers ?? list(number) });
}

function list(number) {
  const length = edge.exports.headers(number);
  const texts = edge.texts(edge.exports.output(), length);
  const headers = new Headers();
  for (let i = 0; i + 1 < texts.length; i += 2) headers.append(texts[i], texts[i + 1]);
  return headers;
}
