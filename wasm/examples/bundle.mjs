// Bundles the example `react` or `vue` into its folder dist: `node wasm/examples/bundle.mjs react`. Any bundler does; what esbuild does not copy,
// the scorer's module, is copied here.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [name] = process.argv.slice(2);
const at = (path) => fileURLToPath(new URL(`${name}/${path}`, import.meta.url));
rmSync(at("dist"), { recursive: true, force: true });
mkdirSync(at("dist"));
await build({
  entryPoints: { page: at(name === "react" ? "page.tsx" : "page.ts") },
  outdir: at("dist"),
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  minify: true,
  define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  logLevel: "warning",
});
for (const [from, to] of [["index.html", "index.html"], ["../html/page.css", "page.css"], ["../../pkg/plumbline.wasm", "plumbline.wasm"]]) copyFileSync(at(from), at(`dist/${to}`));
