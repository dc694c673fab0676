// The static page, with the headers a page of ours travels under. On Cloudflare and on workerd alike it comes from `ASSETS`.
const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  wasm: "application/wasm",
  plumb: "application/octet-stream",
  ndjson: "application/x-ndjson",
};

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
};

/** Whether the client of a request with these headers takes gzip. */
export const takesGzip = (headers) => /(^|,)\s*gzip\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/.test(headers.get("accept-encoding") ?? "");

/** The same response as gzip: the runtime encodes a body whose header says so. */
export function zipped(response) {
  const headers = new Headers(response.headers);
  headers.set("content-encoding", "gzip");
  headers.set("vary", "accept-encoding");
  headers.delete("content-length");
  return new Response(response.body, { status: response.status, headers });
}

/** The file at `path`, or undefined when there is none; as gzip where `isZipped`, but for pictures and fonts, which are packed already. */
export async function page(path, method, assets, isZipped) {
  if (!assets || path.includes("..") || path.includes("\\")) return undefined;
  const file = path.endsWith("/") ? `${path}index.html` : path;
  const type = TYPES[file.slice(file.lastIndexOf(".") + 1)];
  if (!type) return undefined;
  const found = await assets.fetch(new Request(`https://assets${file}`, { method }));
  if (!found.ok) return undefined;
  const response = new Response(found.body, { headers: { ...HEADERS, "content-type": type, vary: "accept-encoding" } });
  return isZipped && method === "GET" && !/^(image\/(png|x-icon)|font)/.test(type) ? zipped(response) : response;
}
