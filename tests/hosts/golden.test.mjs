// The bits of 1,500 scores are the same on every host.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HOSTS, differences, nativeCases } from "./golden.mjs";
import { project as install } from "./package.mjs";

let cases;
let project;
before(() => {
  cases = nativeCases();
  project = install();
});
after(() => project?.remove());

test("there are at least 1,000 leads, of every kind of model", () => {
  assert.ok(cases.reduce((sum, { leads }) => sum + leads, 0) >= 1000);
  assert.deepEqual(cases.map(({ name }) => name).sort(), ["demo", "lightgbm", "linear", "linear-trees", "softmax", "xgboost"]);
});

for (const [name, score] of Object.entries(HOSTS)) {
  test(`${name} scores the same bits as native`, async () => {
    const answers = await score(project, cases.map(({ given }) => given));
    assert.deepEqual(differences(cases, answers), []);
  });
}
