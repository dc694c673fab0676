// Which requests belong to the lifecycle, and the way to the control object. No rule lives here.
const NOBODY = [];
/** `/metrics` waits so long for the control object. */
const PATIENCE_MS = 1000;

export class Lifecycle {
  constructor() {
    /** Methods by path, and those of paths with segments of any name: what stands before the first, the pattern, the methods. */
    this.paths = new Map();
    this.patterns = [];
  }

  /** Whether there is one. */
  get isKept() {
    return this.paths.size > 0;
  }

  /** Prepares a new instance of the service, before it starts. */
  start(env, edge) {
    if (!env.CONTROL || env.LIFECYCLE === undefined) return;
    const { exports } = edge;
    edge.check(exports.lifecycle(edge.put(exports.reserve, env.LIFECYCLE)[0]));
    this.paths.clear();
    this.patterns.length = 0;
    const length = exports.control_takes();
    for (const [method, path] of JSON.parse(edge.text(exports.control_output(), length)).takes) {
      const methods = [method, ...(method === "GET" ? ["HEAD"] : NOBODY)];
      const [start, rest] = path.split("{");
      if (rest === undefined) this.paths.set(path, [...(this.paths.get(path) ?? NOBODY), ...methods]);
      else this.patterns.push({ start, methods, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]*")}$`) });
    }
  }

  /** Whether a request belongs to the lifecycle. */
  takes(method, path) {
    if (this.paths.size === 0) return false;
    const end = path.indexOf("?");
    const bare = end < 0 ? path : path.slice(0, end);
    const methods = this.paths.get(bare);
    if (methods !== undefined) return methods.includes(method);
    return this.patterns.some((known) => bare.startsWith(known.start) && known.methods.includes(method) && known.pattern.test(bare));
  }

  /** The control object's answer. */
  answer(env, request, body) {
    const { method, url, headers } = request;
    return control(env).fetch(url, { method, headers, body: body.length > 0 ? body : undefined });
  }

  /** Has `/metrics` show the lifecycle, as the control object sees it; without it where that does not answer. */
  async gauges(env, edge) {
    if (this.paths.size === 0) return;
    const { exports } = edge;
    const asked = control(env)
      .gauges()
      .catch((error) => console.error(error));
    const text = (await Promise.race([asked, scheduler.wait(PATIENCE_MS)])) ?? "";
    exports.show_gauges(edge.put(exports.reserve, text)[0]);
  }
}

/** The control object; a stub that failed stays broken: each use takes a new one. */
export function control(env) {
  return env.CONTROL.get(env.CONTROL.idFromName("control"));
}
