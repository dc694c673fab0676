// The JavaScript of both READMEs, as printed, in a project that has the packed package.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "./node.mjs";
import { project as install, root } from "./package.mjs";

let project;
before(() => (project = install()));
after(() => project?.remove());

/** The blocks of JavaScript in the file at `path`. */
const examplesOf = (path) => [...readFileSync(path, "utf8").matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

test("the package's own README is packed, and its examples run as printed", () => {
  const examples = examplesOf(join(project.folder, "node_modules/plumbline/README.md"));
  assert.equal(examples.length, 2, "two blocks of JavaScript");
  const [example, statistics] = examples;
  project.copy(join(root, "worker/demo/demo.plumb"), "model.plumb");
  project.write("package.mjs", `${example}\nconsole.log(JSON.stringify(score.unknown_fields ?? []));`);
  const said = run(project, "package.mjs");
  assert.match(said, /^\d+ \w+ \[\n( {2}'.+: ([+−]\d+ points?|less than a point)',?\n){3}\]\n0\.\d+\nLEAD_WRONG_TYPE pricing_page_visits\n\[\]\n$/);
  project.write("statistics-of-package.mjs", statistics);
  const lines = run(project, "statistics-of-package.mjs").trim().split("\n");
  assert.match(lines.join("\n"), /^4 1\ntrue \[ 'distribution' \]\nInsufficient data: 2 leads .*\n\d+$/);
});

test("the README's example runs as printed", () => {
  const examples = examplesOf(join(root, "README.md"));
  assert.equal(examples.length, 2, "two blocks of JavaScript");
  project.write("worker/demo/.keep", "");
  project.copy(join(root, "worker/demo/demo.plumb"), "worker/demo/demo.plumb");
  project.write("example.mjs", `${examples[0]}\nconsole.log(JSON.stringify(score.unknown_fields ?? []));`);
  const [head, ...reasons] = run(project, "example.mjs").trim().split("\n");
  assert.match(head, /^0\.\d+ \w+$/);
  assert.equal(reasons.pop(), "[]", "every field it names is the model's");
  assert.equal(reasons.length, 3);
  for (const reason of reasons) assert.match(reason, /: ([+−]\d+ points?|less than a point)$/);
  project.write("statistics.mjs", examples[1]);
  const [first, second] = run(project, "statistics.mjs").trim().split("\n");
  assert.match(first, /^0\.83333\d+ 0\.25 no drift detected$/);
  assert.match(second, /^5,000 leads per arm give 13 % power/);
});
