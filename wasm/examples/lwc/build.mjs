// Builds the static resource `plumbline`: `node wasm/examples/lwc/build.mjs`.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** The element's scorer is the one without WebAssembly. */
const plain = {
  name: "plain",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: at("../../pkg/js.js") }));
    onResolve({ filter: /^plumbline\/element$/ }, () => ({ path: at("../../pkg/element.js") }));
  },
};
await build({
  entryPoints: [at("resource.js")],
  outfile: at("force-app/main/default/staticresources/plumbline.js"),
  bundle: true,
  format: "iife",
  globalName: "plumbline",
  // Lightning runs scripts in a function of its own: the name is set on the window.
  footer: { js: "window.plumbline = plumbline;" },
  target: "es2022",
  minify: true,
  charset: "utf8",
  plugins: [plain],
  logLevel: "warning",
});
