// A model that is trained in wasm has the digest of the one that is trained natively (tests/golden/trained.txt), in any order of its rows.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { trainer } from "./trained.mjs";

const golden = readFileSync(join(root, "tests/golden/trained.txt"), "utf8").trim().split("\n").map((line) => line.split(" "));
let module;

before(() => {
  const args = ["build", "--quiet", "--profile", "cheap", "-p", "plumbline-trained", "--lib", "--target", "wasm32-unknown-unknown"];
  const built = spawnSync("cargo", args, { cwd: root, encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  module = new WebAssembly.Module(readFileSync(join(root, "target/wasm32-unknown-unknown/cheap/plumbline_trained.wasm")));
});

for (const [kind, [name, digest]] of golden.entries()) {
  test(`${name}: the native digest`, () => assert.equal(trainer(module).digest(kind, 3_000, 0), digest));
}

test("in another order of rows too", () => assert.equal(trainer(module).digest(1, 3_000, 5), golden[1][1]));
