// The package as its users get it: packed, and installed into a throw-away project.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { glue } from "../../xtask/npm/steps.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

const npm = (cwd, ...args) =>
  execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Builds, packs and installs the package; `remove()` takes the project away again. */
export function project() {
  execFileSync("cargo", glue("wasm"), { cwd: root, stdio: ["ignore", "inherit", "pipe"] });
  const folder = mkdtempSync(join(tmpdir(), "plumbline-"));
  const [packed] = JSON.parse(npm(join(root, "wasm"), "pack", "--json", "--pack-destination", folder));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  npm(folder, "install", "--offline", `./${packed.filename}`);
  const plumbline = join(folder, "node_modules/plumbline");
  const manifest = JSON.parse(readFileSync(join(plumbline, "package.json"), "utf8"));
  return {
    folder,
    files: packed.files.map((file) => file.path),
    /** The file an entry point resolves to under `condition`, from the project's folder. */
    entry(name, condition = "default") {
      const found = manifest.exports[name];
      return join("node_modules/plumbline", found[condition] ?? found.default);
    },
    write(name, text) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    },
    copy(from, to) {
      cpSync(from, join(folder, to));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
