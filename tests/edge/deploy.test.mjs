// What `wrangler deploy` would upload is complete, and agrees with what standalone workerd runs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assemble } from "../../worker/dist.mjs";
import { config } from "../../worker/config.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { demo, folder } from "./hosts.mjs";

const text = readFileSync(join(root, "worker/wrangler.jsonc"), "utf8");
const settings = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
const local = config({ at: "/", shell: "/", module: "/edge.wasm", models: [demo], port: 1, store: "/s", assets: "/a", settings: {}, flags: [], lifecycle: {} });

test("every module that is imported is uploaded, by a rule for its kind", (t) => {
  const to = folder();
  t.after(() => to.remove());
  const names = assemble([demo, demo], to.path);
  const kinds = settings.rules.flatMap((rule) => rule.globs.map((glob) => glob.replace("**/*", "")));
  for (const name of names) assert.ok(kinds.some((kind) => name.endsWith(kind)), `no rule for ${name}`);
  const modules = names.filter((name) => name.endsWith(".js"));
  for (const name of modules) {
    const code = readFileSync(join(to.path, name), "utf8");
    for (const [, wanted] of code.matchAll(/from "\.\/([^"]+)"/g)) assert.ok(names.includes(wanted), `${name} imports ${wanted}`);
  }
  assert.equal(`dist/${names.find((name) => name === "main.js")}`, settings.main);
  assert.equal(names.filter((name) => name.endsWith(".plumb")).length, 2);
  for (const name of modules) assert.ok(local.includes(`name = "${name}"`), `standalone workerd does not know ${name}`);
});

test("bindings, classes and date are those of standalone workerd", () => {
  const { bindings } = settings.durable_objects;
  for (const { name, class_name } of bindings) {
    assert.ok(local.includes(`(name = "${name}", durableObjectNamespace = "${class_name}")`), name);
    assert.ok(local.includes(`(className = "${class_name}", uniqueKey = `), class_name);
  }
  assert.equal(local.match(/durableObjectNamespace = "/g).length, bindings.length, "every binding is deployed");
  assert.deepEqual(settings.migrations.flatMap((step) => step.new_sqlite_classes), bindings.map(({ class_name }) => class_name));
  assert.ok(local.includes(`compatibilityDate = "${settings.compatibility_date}"`));
  assert.ok(local.includes(`name = "${settings.assets.binding}"`));
  assert.equal(settings.assets.html_handling, "none", "the worker asks for index.html by name; a redirect would lose it");
  for (const name of ["SETTINGS", "LIFECYCLE"]) JSON.parse(settings.vars[name]);
});

test("a missing model is named", () => {
  assert.throws(() => assemble(["no/such.plumb"], "/nowhere"), /no\/such\.plumb is missing/);
});
