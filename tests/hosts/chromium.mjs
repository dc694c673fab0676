// Chromium as a host: pages of the project, each under the content security policy a test gives it.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"];
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** Policies a page may have; both forbid inline scripts and `eval`. */
export const POLICY = {
  wasm: "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  noWasm: "default-src 'none'; connect-src 'self'; script-src 'self'",
};

/** The browser's program; an exception says when there is none, so that nothing passes by not running. */
function program() {
  const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error("not run: Chromium is not installed (set CHROMIUM to its program)");
  return found;
}

/** Opens a page that runs the project's module `script` under `policy`; what the script posted to `/result`. */
export async function run(project, script, policy, input = "") {
  let report;
  const result = new Promise((resolve) => (report = resolve));
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (path === "/result") {
      const body = [];
      for await (const chunk of request) body.push(chunk);
      response.end();
      return report({ posted: Buffer.concat(body).toString() });
    }
    const pages = { "/": `<!doctype html><script type="module" src="/${script}"></script>`, "/input": input };
    const body = pages[path] ?? (await readFile(join(project.folder, path)).catch(() => undefined));
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": path === "/" ? "text/html" : (TYPES[extname(path)] ?? "application/octet-stream"),
      "content-security-policy": policy,
    });
    response.end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const browser = await chromium.launch({ executablePath: program(), args: FLAGS });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => report({ failed: error.stack ?? error.message }));
    page.on("console", (message) => message.type() === "error" && console.error(`page: ${message.text()}`));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const { posted, failed } = await result;
    if (failed) throw new Error(failed);
    return posted;
  } finally {
    await browser.close();
    server.close();
  }
}

/** Scores `cases` by the entry point `entry`, on a page under `policy`. */
export async function score(project, entry, policy, cases) {
  project.copy(new URL("lines.mjs", import.meta.url).pathname, "lines.mjs");
  project.write(
    "page.mjs",
    `import { Model } from "/${project.entry(entry)}";
import { score } from "/lines.mjs";
const cases = await (await fetch("/input")).json();
await fetch("/result", { method: "POST", body: JSON.stringify(await score(Model, cases)) });`,
  );
  return JSON.parse(await run(project, "page.mjs", policy, JSON.stringify(cases)));
}
