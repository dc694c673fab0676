// A page of a CRM with <lead-score>, under a strict policy:
//   npm start                                    # the service, in another terminal
//   node wasm/examples/html/serve.mjs            # then open the address it prints
// Options: --service URL (http://127.0.0.1:8787), --port N (any free one), --folder PATH (of another example, such as wasm/examples/react/dist),
// --trusted-types NAME (a policy that the page makes; none).
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { service, port, folder, "trusted-types": types } = parseArgs({
  options: {
    service: { type: "string", default: "http://127.0.0.1:8787" },
    port: { type: "string", default: "0" },
    folder: { type: "string", default: fileURLToPath(new URL(".", import.meta.url)) },
    "trusted-types": { type: "string", default: "'none'" },
  },
}).values;
const here = resolve(folder);
const pkg = fileURLToPath(new URL("../../pkg/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
const POLICY = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types ${types}`;

/** Hands a request on to the service. */
async function handOn(request, response) {
  const body = [];
  for await (const chunk of request) body.push(chunk);
  const headers = Object.fromEntries(["content-type", "if-none-match", "authorization"].flatMap((name) => (request.headers[name] ? [[name, request.headers[name]]] : [])));
  try {
    const answer = await fetch(`${service}${request.url}`, { method: request.method, headers, body: body.length > 0 ? Buffer.concat(body) : undefined });
    const kept = ["content-type", "etag", "cache-control"].flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)]] : []));
    response.writeHead(answer.status, Object.fromEntries(kept)).end(Buffer.from(await answer.arrayBuffer()));
  } catch {
    response.writeHead(502).end();
  }
}

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://localhost").pathname);
  if (path.startsWith("/v1/")) return handOn(request, response);
  const file = path.startsWith("/plumbline/") ? join(pkg, path.slice(11)) : join(here, path === "/" ? "index.html" : path);
  if (!existsSync(file) || extname(file) === "") return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain", "content-security-policy": POLICY });
  return createReadStream(file).pipe(response);
}).listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
