// The worker: requests into the service in wasm, answers out, log rows on to their shards. No rule lives here.
import module from "./edge.wasm";
import models from "./models.js";
import { read } from "./body.js";
import { Head } from "./head.js";
import { instantiate } from "./instance.js";
import { Log } from "./log.js";
import { page } from "./page.js";

export { LogShard } from "./shard.js";

const EMPTY = new Uint8Array(0);
const MOST_KNOWN = 256;
const BODY_BYTES = 16777216;
/** Small answers are parts of a buffer of so many bytes: one of its own each would cost the runtime more than the copy. */
const SLAB_BYTES = 16384;
let slab = EMPTY;
let taken = 0;
let edge;
let head;
let log;
let settings;
let most;
let panics = 0;
let heads = [];

/** The service; made anew after a panic, which cost `lost` log rows. */
function open(env, lost) {
  settings ??= { log: "batched", ...(env.SETTINGS ? JSON.parse(env.SETTINGS) : {}) };
  most = settings.limits?.body_bytes ?? BODY_BYTES;
  const made = instantiate(module);
  for (const model of models) made.check(made.exports.model(made.put(made.exports.reserve, new Uint8Array(model))[0]));
  const name = [...crypto.getRandomValues(new Uint8Array(5))].map((b) => b.toString(16).padStart(2, "0")).join("");
  made.check(made.exports.start(...made.put(made.exports.reserve, JSON.stringify(settings), name)));
  if (panics > 0) made.exports.panicked(panics, lost);
  heads = [];
  const length = made.exports.reads();
  head = new Head(JSON.parse(made.text(made.exports.output(), length)));
  log = new Log(made);
  return made;
}

export default {
  async fetch(request, env, ctx) {
    const since = Date.now();
    edge ??= open(env, 0);
    const { method, url, headers } = request;
    const start = url.indexOf("/", 8);
    const path = start < 0 ? "/" : url.slice(start);
    let body = EMPTY;
    if (method === "POST" || method === "PUT") {
      const length = headers.get("content-length");
      body = length !== null && Number(length) <= most ? new Uint8Array(await request.arrayBuffer()) : await read(request.body, most);
    }
    let reply;
    const used = edge;
    try {
      reply = ask(method, path, headers, body, since);
    } catch (error) {
      // What panicked is not to be trusted: the next request gets a new instance.
      console.error(error);
      if (edge === used) {
        panics++;
        edge = open(env, log.held);
      }
      return problem(500, "INTERNAL", "Internal Server Error");
    }
    const { status } = reply.head;
    if (reply.rows > 0) {
      if (settings.log === "durable") {
        if (!(await log.commit(env, ctx))) return problem(503, "LOG_UNAVAILABLE", "Service Unavailable", { "retry-after": "1" });
      } else log.later(env, ctx, since);
    } else if (status === 404 && (method === "GET" || method === "HEAD")) {
      const end = path.indexOf("?");
      const found = await page(end < 0 ? path : path.slice(0, end), method, env.ASSETS);
      if (found) return found;
    }
    return new Response(status === 204 || status === 304 ? null : reply.body, reply.head);
  },
};

function problem(status, code, title, more) {
  const headers = { "content-type": "application/problem+json", ...more };
  return new Response(JSON.stringify({ type: `urn:plumbline:problem:${code}`, title, status, code }), { status, headers });
}

/** One request through the service. */
function ask(method, path, given, body, since) {
  const size = head.take(method, path, given);
  const { exports } = edge;
  const at = exports.reserve(size + body.length);
  const view = edge.view();
  head.write(view, at);
  view.set(body, at + size);
  const reply = exports.handle(Date.now(), since, size, body.length) >> 2;
  const bytes = edge.view();
  const { words } = edge;
  const length = words[reply + 3];
  // The request has been read: an answer that fits takes its place.
  const answer = body.length >= length ? body.subarray(0, length) : room(length);
  answer.set(bytes.subarray(words[reply + 2], words[reply + 2] + length));
  log.held = words[reply + 5];
  log.full = words[reply + 6] > 0;
  return { head: headOf(words[reply], words[reply + 1]), body: answer, rows: words[reply + 4] };
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
