// A page of a CRM at an origin of its own: the package's files under a strict policy, and `<lead-score>` on it.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort } from "../edge/hosts.mjs";
import { launch } from "./board.mjs";

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
const PKG = join(root, "wasm/pkg");

/** No inline script or style, no `eval`, no text that becomes markup; but for the directives `own` of a page, such as `{ "worker-src": "'none'" }`. */
const policy = (services, own = {}) => {
  const directives = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "img-src": "'self'",
    "connect-src": `'self' ${services.join(" ")}`,
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
    ...own,
  };
  return Object.entries(directives).map((each) => each.join(" ")).join("; ");
};

/** Serves pages: `/` is `html(path)`, `/page.js` imports the element, `/pkg/` and `/other/` are the package. `services` may be added later. */
export async function crm() {
  const services = [];
  const pages = new Map();
  const policies = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const page = pages.get(pathname);
    // `/other/` is the package again: for a browser another version of it.
    const file = /^\/(pkg|other)\//.test(pathname) && join(PKG, pathname.slice(pathname.indexOf("/", 1)));
    const body = page ?? (file && existsSync(file) ? readFileSync(file) : undefined);
    const type = page && !pathname.endsWith(".js") ? "text/html; charset=utf-8" : TYPES[extname(pathname)];
    // As a CRM serves a package: a browser that has a file does not ask for it again.
    const kept = file && body !== undefined ? { "cache-control": "max-age=3600" } : {};
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type ?? "text/plain", "content-security-policy": policy(services, policies.get(pathname)), ...kept });
    response.end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  pages.set("/favicon.ico", " ");
  pages.set("/element.js", `import * as element from "/pkg/element.js"; window.element = element;`);
  pages.set("/list.js", `import * as list from "/pkg/list.js"; window.list = list;`);
  return {
    origin,
    services,
    /** Serves `body` at `path`, under the policy with `directives` of its own. */
    page(path, body, { lang = "en", scripts = ["/element.js"], directives } = {}) {
      policies.set(path, directives);
      const tags = scripts.map((src) => `<script type="module" src="${src}"></script>`).join("");
      pages.set(path, `<!doctype html><html lang="${lang}"><head><title>CRM</title>${tags}</head><body><main><h1>Lead</h1>${body}</main></body></html>`);
      return `${origin}${path}`;
    },
    script: (path, text) => pages.set(path, text),
    close: () => server.close(),
  };
}

/** A published key of `service` for pages of `origin`, once every instance knows it. */
export async function publishedKey(service, admin, origin) {
  const ask = (path, options) => fetch(`${service}${path}`, options);
  const made = await ask("/v1/keys", {
    method: "POST",
    headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "page", scopes: ["score", "ingest"], origins: [origin], per_minute: 100_000 }),
  });
  if (!made.ok) throw new Error(await made.text());
  const { secret } = await made.json();
  const knows = async () => (await ask("/v1/score", { method: "POST", headers: { authorization: `Bearer ${secret}`, origin, "content-type": "application/json" }, body: "{}" })).status;
  for (const began = Date.now(); [401, 403].includes(await knows()); ) {
    if (Date.now() - began > 15_000) throw new Error("the key was never known");
    await new Promise((next) => setTimeout(next, 100));
  }
  return secret;
}

const ADMIN = "the-secret-of-this-host-0123456789abcdef";

/** What tests of a CRM's page need: the edge with a store of its own, a page's server with a published key for it, and a browser. */
export async function stage() {
  const made = { store: folder(), site: await crm() };
  try {
    process.env.PLUMBLINE_ADMIN = ADMIN;
    made.edge = await startEdge({ port: await freePort(), store: made.store.path, lifecycle: { is_local: true }, quiet: true });
    made.site.services.push(made.edge.url);
    made.key = await publishedKey(made.edge.url, ADMIN, made.site.origin);
    made.browser = await launch();
    return made;
  } catch (error) {
    await strike(made);
    throw error;
  }
}

/** Takes down what {@link stage} set up, as far as it is there. */
export async function strike({ store, edge, browser, site }) {
  await browser?.close();
  await edge?.stop();
  site?.close();
  store?.remove();
}
