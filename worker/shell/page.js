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

/** The file at `path`, or undefined when there is none. */
export async function page(path, method, assets) {
  if (!assets || path.includes("..") || path.includes("\\")) return undefined;
  const file = path.endsWith("/") ? `${path}index.html` : path;
  const type = TYPES[file.slice(file.lastIndexOf(".") + 1)];
  if (!type) return undefined;
  const found = await assets.fetch(new Request(`https://assets${file}`, { method }));
  if (!found.ok) return undefined;
  return new Response(found.body, { headers: { ...HEADERS, "content-type": type } });
}
