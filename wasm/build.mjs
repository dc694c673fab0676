// The npm package's files in wasm/pkg: the module, and one self-contained ES module per entry point.
// Run by `cargo run -p xtask -- wasm`, after the module and its JavaScript twin are in target/xtask.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";

const at = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const module = await readFile(at("../target/xtask/plumbline.wasm"));
const javascript = await readFile(at("../target/xtask/plumbline.js"), "utf8");

/**
 * wasm2js writes a module that makes one instance when it is imported; we make an instance per call. And it writes memory as
 * base64, which does not compress: a text of the bytes' own characters does.
 */
function factory(source) {
  const found = /^var retasmFunc = asmFunc\((\{[^}]*\})\);$/m.exec(source);
  const decoder = /^ *var base64ReverseLookup[\s\S]*?(?=^function initActiveSegments)/m;
  if (!found || !decoder.test(source)) throw new Error("wasm2js writes its modules differently now: adapt wasm/build.mjs");
  const plain = source
    .slice(0, found.index)
    .replace(decoder, "function place(bytes, at, text) {\n  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);\n}\n")
    .replace(/base64DecodeToExistingUint8Array\((\w+), (\d+), "([\w+/=]*)"\)/g, (_, bytes, at, base64) => {
      return `place(${bytes}, ${at}, ${JSON.stringify(Buffer.from(base64, "base64").toString("latin1"))})`;
    });
  return `export function instantiate() {\n${plain}\nreturn asmFunc(${found[1]});\n}`;
}

const generated = {
  "plumbline:base64": () => `export default "${deflateRawSync(module, { level: 9 }).toString("base64")}"`,
  "plumbline:javascript": () => factory(javascript),
};

/** Modules bound by wasm-bindgen, with their files. */
const BOUND = ["analysis", "experiment", "quality"];
const bound = (name, file) => at(`../target/xtask/${name}/${file}`);

const supply = {
  name: "supply",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^plumbline:(analysis|experiment|quality)$/ }, ({ path }) => {
      const name = path.slice("plumbline:".length);
      return { path: bound(name, `${name}.js`) };
    });
    onResolve({ filter: /^plumbline:/ }, ({ path }) => ({ path, namespace: "generated" }));
    onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => ({ contents: generated[path](), loader: "js" }));
  },
};

/** What an entry point loads beside it, as it is imported in the source. */
const BESIDE = { element: ["./index.js", "./draw.js", "./rep.js"], list: ["./element.js"], "list-worker": ["./index.js"] };

/** `./element.ts` is the entry point beside the list, not a part of it: a page has one connection to a service. */
const beside = {
  name: "beside",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/element\.ts$/ }, () => ({ path: "./element.js", external: true }));
  },
};

await rm(at("pkg"), { recursive: true, force: true });
await mkdir(at("pkg"));
await writeFile(at("pkg/plumbline.wasm"), module);
for (const name of BOUND) await writeFile(at(`pkg/${name}.wasm`), await readFile(bound(name, `${name}_bg.wasm`)));
const forms = BOUND.flatMap((name) => [name, `${name}-node`, `${name}-workers`]);
const readable = ["index", "node", "workers", ...forms].map((entry) => [entry, false]);
for (const [entry, minify] of [...readable, ["inline", true], ["js", true], ["draw", true], ["rep", true], ["element", true], ["list", true], ["list-worker", true], ["frame", true], ["client", true]]) {
  await build({
    entryPoints: [at(`js/${entry}.ts`)],
    outfile: at(`pkg/${entry}.js`),
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    external: ["./plumbline.wasm", ...BOUND.map((name) => `./${name}.wasm`), "node:*", ...(BESIDE[entry] ?? [])],
    plugins: [supply, ...(entry === "list" ? [beside] : [])],
    minify,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
}
