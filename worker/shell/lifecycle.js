// Which requests belong to the lifecycle, and the way to the control object. No rule lives here.
const NOBODY = [];

export class Lifecycle {
  constructor() {
    /** Methods by path, and those of paths that end in a segment of any name by what stands before it. */
    this.paths = new Map();
    this.starts = new Map();
  }

  /** Prepares a new instance of the service, before it starts. */
  start(env, edge) {
    if (!env.CONTROL || env.LIFECYCLE === undefined) return;
    const { exports } = edge;
    edge.check(exports.lifecycle(edge.put(exports.reserve, env.LIFECYCLE)[0]));
    const length = exports.control_takes();
    for (const [method, path] of JSON.parse(edge.text(exports.control_output(), length)).takes) {
      const [start, rest] = path.split("{");
      const of = rest === undefined ? this.paths : this.starts;
      of.set(start, [...(of.get(start) ?? NOBODY), method, ...(method === "GET" ? ["HEAD"] : NOBODY)]);
    }
  }

  /** Whether a request belongs to the lifecycle. */
  takes(method, path) {
    if (this.paths.size === 0) return false;
    const end = path.indexOf("?");
    const bare = end < 0 ? path : path.slice(0, end);
    const start = bare.slice(0, bare.lastIndexOf("/") + 1);
    const methods = this.paths.get(bare) ?? (start.length < bare.length ? this.starts.get(start) : undefined);
    return methods !== undefined && methods.includes(method);
  }

  /** The control object's answer. */
  answer(env, request, body) {
    const { method, url, headers } = request;
    return control(env).fetch(url, { method, headers, body: body.length > 0 ? body : undefined });
  }
}

/** The control object; a stub that failed stays broken: each use takes a new one. */
export function control(env) {
  return env.CONTROL.get(env.CONTROL.idFromName("control"));
}
