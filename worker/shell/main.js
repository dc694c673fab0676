// The worker: requests into the service in wasm, answers out, log rows on to their shards. No rule lives here.
import module from "./edge.wasm";
import models from "./models.js";
import { read } from "./body.js";
import { instantiate } from "./instance.js";
import { Log } from "./log.js";
import { page } from "./page.js";

export { LogShard } from "./shard.js";

const EMPTY = new Uint8Array(0);
const MOST_KNOWN = 256;
let edge;
let log;
let settings;
let lists = [];

/** The service; made anew after a panic. */
function open(env, panicked) {
  settings ??= { log: "batched", flush_ms: 20, ...(env.SETTINGS ? JSON.parse(env.SETTINGS) : {}) };
  const made = instantiate(module);
  for (const model of models) made.check(made.exports.model(made.put(made.exports.reserve, new Uint8Array(model))[0]));
  const name = [...crypto.getRandomValues(new Uint8Array(5))].map((b) => b.toString(16).padStart(2, "0")).join("");
  made.check(made.exports.start(...made.put(made.exports.reserve, JSON.stringify(settings), name)));
  if (panicked) made.exports.panicked();
  lists = [];
  log = new Log(made, settings);
  return made;
}

export default {
  async fetch(request, env, ctx) {
    const since = Date.now();
    edge ??= open(env, false);
    const { method, url } = request;
    const start = url.indexOf("/", 8);
    const path = start < 0 ? "/" : url.slice(start);
    const body = method === "POST" || method === "PUT" ? await read(request, settings.limits?.body_bytes ?? 16777216) : EMPTY;
    if (edge === undefined) edge = open(env, true);
    const used = edge;
    let reply;
    try {
      reply = ask(method, path, request.headers, body, since);
    } catch (error) {
      // What panicked is not to be trusted: the next request gets a new instance.
      console.error(error);
      if (edge === used) edge = open(env, true);
      return new Response('{"type":"urn:plumbline:problem:INTERNAL","title":"Internal Server Error","status":500,"code":"INTERNAL"}', {
        status: 500,
        headers: { "content-type": "application/problem+json" },
      });
    }
    if (reply.rows > 0) {
      if (settings.log === "durable") {
        if (!(await log.commit(env))) return unstored();
      } else log.later(env, ctx, reply.held, since);
    } else if (reply.status === 404 && (method === "GET" || method === "HEAD")) {
      const end = path.indexOf("?");
      const found = await page(end < 0 ? path : path.slice(0, end), method, env.ASSETS);
      if (found) return found;
    }
    return new Response(reply.status === 204 ? null : reply.body, { status: reply.status, headers: reply.headers });
  },
};

function unstored() {
  return new Response('{"type":"urn:plumbline:problem:LOG_FAILED","title":"Service Unavailable","status":503,"code":"LOG_FAILED"}', {
    status: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1" },
  });
}

/** One request through the service. The common headers are read always, the others where a route looks at them. */
function ask(method, path, given, body, since) {
  let head = `${method}\n${path}`;
  for (const name of path.startsWith("/v2/") ? ["inference-header-content-length", "x-request-id"] : ["content-type", "x-request-id"]) {
    const value = given.get(name);
    if (value !== null) head += `\n${name}\n${value}`;
  }
  if (settings.cors_origins?.length > 0) {
    for (const name of ["origin", "access-control-request-method"]) {
      const value = given.get(name);
      if (value !== null) head += `\n${name}\n${value}`;
    }
  }
  const { exports } = edge;
  const at = exports.reserve(head.length + body.length);
  const view = edge.view();
  // A URL is ASCII and a header's value a byte string: a character is a byte.
  for (let i = 0; i < head.length; i++) view[at + i] = head.charCodeAt(i);
  view.set(body, at + head.length);
  const reply = exports.handle(Date.now(), since, head.length, body.length) >> 2;
  const bytes = edge.view();
  const { words } = edge;
  const from = words[reply + 2];
  const answer = {
    status: words[reply],
    body: bytes.slice(from, from + words[reply + 3]),
    rows: words[reply + 4],
    held: words[reply + 5],
    headers: undefined,
  };
  const number = words[reply + 1];
  answer.headers = number < MOST_KNOWN ? (lists[number] ??= list(number)) : list(number);
  return answer;
}

function list(number) {
  const length = edge.exports.headers(number);
  const words = edge.text(edge.exports.output(), length).split("\n");
  const headers = {};
  for (let i = 0; i + 1 < words.length; i += 2) headers[words[i]] = words[i + 1];
  return headers;
}
