// A request's head, written for the service: before each text stands its length, so that no character can end one and begin another.

const encoder = new TextEncoder();

export class Head {
  /** `reads`: which headers the service reads at which path. */
  constructor({ names, paths, roots, all }) {
    this.names = names;
    this.paths = new Map(Object.entries(paths));
    this.roots = new Map(Object.entries(roots));
    this.all = all;
    this.numbers = [];
    this.values = [];
  }

  /** Takes a request's head, whose path may have a query; the bytes that `write` will write at most. */
  take(method, path, headers) {
    this.method = method;
    this.path = path;
    this.count = 0;
    // A character of a text is at most three bytes of UTF-8.
    let size = 8 + 3 * (method.length + path.length);
    for (const number of this.read(path)) {
      const value = headers.get(this.names[number]);
      if (value === null) continue;
      this.numbers[this.count] = number;
      this.values[this.count++] = value;
      size += 5 + 3 * value.length;
    }
    return size;
  }

  /** Numbers of the headers that are read at `path`. */
  read(path) {
    const query = path.indexOf("?");
    const bare = query < 0 ? path : path.slice(0, query);
    const found = this.paths.get(bare);
    if (found !== undefined) return found;
    const end = bare.indexOf("/", 1);
    return this.roots.get(end < 0 ? bare.slice(1) : bare.slice(1, end)) ?? this.all;
  }

  /** Writes what was taken to `view` from `at` on; returns where it ends. */
  write(view, at) {
    at = put(view, at, this.method);
    at = put(view, at, this.path);
    for (let i = 0; i < this.count; i++) {
      view[at] = this.numbers[i];
      at = put(view, at + 1, this.values[i]);
    }
    return at;
  }
}

/** Writes a text behind its length in bytes; returns where it ends. */
function put(view, at, text) {
  let { length } = text;
  const start = at + 4;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      length = encoder.encodeInto(text, view.subarray(start)).written;
      break;
    }
    view[start + i] = code;
  }
  view[at] = length;
  view[at + 1] = length >>> 8;
  view[at + 2] = length >>> 16;
  view[at + 3] = length >>> 24;
  return start + length;
}
