// The package misused, by each door: a coded error every time, and the model goes on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "./node.mjs";
import { project as install, root } from "./package.mjs";

let project;
before(() => {
  project = install();
  project.copy(join(root, "worker/demo/demo.plumb"), "demo.plumb");
  project.copy(join(root, "worker/demo/leads.ndjson"), "leads.ndjson");
});
after(() => project?.remove());

/** Runs in the project: `check(call, code)` wants `call` to throw that code. */
const SCRIPT = `
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Model, PlumblineError } from "plumbline${"ENTRY"}";
const bundle = readFileSync("demo.plumb");
const [first] = readFileSync("leads.ndjson", "utf8").split("\\n");
const lead = JSON.parse(first);
const now = Date.UTC(2026, 10, 16);
const model = await Model.load(bundle);
const right = JSON.stringify(model.score(first, { now }));
const coded = (code) => (error) => {
  assert.ok(error instanceof PlumblineError && error instanceof Error, String(error.stack ?? error));
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.length > 0 && JSON.parse(JSON.stringify(error)).code === code);
  return true;
};
const check = (call, code) => {
  assert.throws(call, coded(code));
  assert.equal(JSON.stringify(model.score(first, { now })), right, "the model goes on");
};

// Bundles.
const refused = (bytes, code) => assert.rejects(Model.load(bytes), coded(code));
await refused(new Uint8Array(0), "BUNDLE_TRUNCATED");
await refused(new TextEncoder().encode("PK\\u0003\\u0004 a zip archive"), "BUNDLE_MALFORMED");
await refused(bundle.subarray(0, bundle.length - 1), "BUNDLE_TRUNCATED");
await refused(new Uint8Array([...bundle, 0]), "BUNDLE_MALFORMED");
const turned = Uint8Array.from(bundle);
turned[turned.length - 100] ^= 1;
await refused(turned, "BUNDLE_ALTERED");
const noise = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i * 31) & 255);
await refused(noise, "BUNDLE_MALFORMED").catch(() => refused(noise, "BUNDLE_TRUNCATED"));
for (const nothing of [undefined, null, 7, "text", {}, []]) await refused(nothing, "BUNDLE_NOT_BYTES");
assert.ok(await Model.load(bundle.buffer.slice(bundle.byteOffset, bundle.byteOffset + bundle.length)), "an ArrayBuffer will do");

// Leads.
const [number] = model.card.fields.filter((field) => field.kind === "number").map((field) => field.name);
const score = (more) => () => model.score({ ...lead, ...more }, { now });
for (const x of [NaN, Infinity, -Infinity]) check(score({ [number]: x }), "LEAD_NOT_FINITE");
check(() => model.score(first.replace("{", \`{"\${number}":1e999,\`)), "LEAD_NOT_FINITE");
check(score({ [number]: 2 ** 53 }), "LEAD_UNSAFE_INTEGER");
check(score({ [number]: 10n }), "LEAD_UNSAFE_INTEGER");
check(() => model.score(first.replace("{", \`{"\${number}":9007199254740993,\`)), "LEAD_UNSAFE_INTEGER");
check(score({ [number]: "seven" }), "LEAD_WRONG_TYPE");
check(score({ [number]: () => 7 }), "LEAD_WRONG_TYPE");
check(score({ [number]: Symbol("7") }), "LEAD_WRONG_TYPE");
check(score({ [number]: { deep: [[[1]]] } }), "LEAD_WRONG_TYPE");
check(() => model.score("nonsense"), "LEAD_MALFORMED");
check(() => model.score(""), "LEAD_MALFORMED");
check(() => model.score("[1]"), "LEAD_NOT_AN_OBJECT");
check(() => model.score(Uint8Array.of(0xff, 0xfe)), "LEAD_MALFORMED");
check(() => model.score(\`{"a":\${"[".repeat(100_000)}\`), "LEAD_TOO_DEEP");
check(() => model.score(\`{"lead_id":"\${"x".repeat(70_000)}"}\`), "LEAD_TEXT_TOO_LONG");
for (const nothing of [undefined, null, 7, true, 7n, Symbol("x")]) check(() => model.score(nothing), "LEAD_NOT_AN_OBJECT");
const round = { ...lead };
round.self = round;
check(() => model.score(round), "LEAD_MALFORMED");
assert.deepEqual(score({ colour: "blue", "höhe": 7 })().unknown_fields, ["colour", "höhe"]);
const rejected = (() => { try { score({ [number]: "seven" })(); } catch (error) { return error; } })();
assert.equal(rejected.field, number);
assert.equal(rejected.path, "/" + number);
assert.equal(rejected.problems.length, 1);

// Options.
for (const now of [NaN, Infinity, "soon", new Date(NaN), 1e300]) check(() => model.score(lead, { now }), "OPTION_INVALID");
for (const reasons of [-1, 1.5, NaN, "many", 1e10]) check(() => model.score(lead, { now, reasons }), "OPTION_INVALID");
check(() => model.scoreBatch(new Float64Array(0), { output: "odds" }), "OPTION_INVALID");
assert.equal(model.score(lead, { now, reasons: 0 }).reasons.length, 0);
assert.ok(model.score(lead, { now, reasons: 1000 }).reasons.length > 3);

// Rows. NaN is missing; infinities and huge numbers are taken as the trees take them.
const width = model.card.columns.length;
assert.ok(Number.isFinite(model.scoreRow(new Float64Array(width).fill(NaN))));
for (const x of [Infinity, -Infinity, 1e308, -0]) assert.ok(Number.isFinite(model.scoreRow(new Float64Array(width).fill(x))));
check(() => model.scoreRow(new Float64Array(width - 1)), "ROW_WRONG_LENGTH");
check(() => model.scoreRow([1, 2, 3]), "ROW_WRONG_LENGTH");
check(() => model.scoreRow(new Float32Array(width)), "ROW_WRONG_LENGTH");
check(() => model.scoreBatch(new Float64Array(width + 1)), "ROW_WRONG_LENGTH");
check(() => model.explain(new Float64Array(width + 1)), "ROW_WRONG_LENGTH");
assert.equal(model.scoreBatch(new Float64Array(0)).length, 0);
const view = new Float64Array(new Float64Array(3 * width).fill(0.5).buffer, 8 * width, width);
assert.equal(model.scoreBatch(view)[0], model.scoreRow(view));

// Batches: one bad lead does not spoil the others.
const some = model.scoreBatch([lead, { ...lead, [number]: "seven" }, lead], { now });
assert.equal(some[1].code, "LEAD_WRONG_TYPE");
assert.ok(some[1] instanceof PlumblineError);
assert.equal(JSON.stringify(some[2]), right);
const lines = model.scoreBatch(\`\${first}\\nnonsense\\n\\n\${first}\\r\\n\`, { now });
assert.deepEqual(lines.map((line) => line.code ?? "score"), ["score", "LEAD_MALFORMED", "score"]);
// A value that JSON cannot carry fails alone, too.
const odd = model.scoreBatch([lead, { ...lead, [number]: NaN }, lead], { now });
assert.deepEqual(odd.map((line) => line.code ?? "score"), ["score", "LEAD_NOT_FINITE", "score"]);
check(() => model.scoreBatch("[1,"), "LEAD_MALFORMED");
check(() => model.scoreBatch(""), "LEAD_BODY_EMPTY");
check(() => model.scoreBatch("{}\\n".repeat(10_001)), "BATCH_TOO_LARGE");
check(() => model.scoreBatch(" ".repeat(17 << 20)), "BODY_TOO_LARGE");
for (const nothing of [undefined, null, 7]) check(() => model.scoreBatch(nothing), "LEAD_NOT_AN_OBJECT");

// What was given may change or go away afterwards.
const copy = Uint8Array.from(bundle);
const kept = await Model.load(copy);
copy.fill(0);
assert.equal(JSON.stringify(kept.score(first, { now })), right);

// After the end.
kept.free();
kept.free();
kept[Symbol.dispose]();
const gone = [() => kept.score(lead), () => kept.scoreRow(new Float64Array(width)), () => kept.scoreBatch("{}"), () => kept.explain(lead)];
for (const call of gone) check(call, "MODEL_FREED");
assert.equal(kept.card.name, model.card.name);
model.free();
console.log("all refused");
`;

for (const entry of ["", "/inline", "/js"]) {
  test(`plumbline${entry} refuses misuse with a code`, () => {
    project.write("misuse.mjs", SCRIPT.replace("ENTRY", entry));
    assert.match(run(project, "misuse.mjs"), /all refused/);
  });
}

test("require from CommonJS works, or says what to do instead", () => {
  project.write(
    "old.cjs",
    `const { readFileSync } = require("node:fs");
const say = ({ Model }) => Model.load(readFileSync("demo.plumb")).then((model) => console.log("loaded", model.card.name));
try {
  say(require("plumbline"));
} catch (error) {
  console.log(error.code, /import\\(\\)/.test(error.message) ? "names import()" : error.message);
  import("plumbline").then(say);
}`,
  );
  const said = run(project, "old.cjs");
  assert.match(said, /^(ERR_REQUIRE_ESM names import\(\)\n)?loaded demo-leads\n$/);
});

test("the package holds what its entry points name, and nothing else", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "wasm/package.json"), "utf8"));
  const named = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [entry] : Object.values(entry)));
  for (const file of named) assert.ok(project.files.includes(file.replace("./", "")), file);
  const strangers = project.files.filter((file) => !/^(pkg\/[\w-]+\.(js|wasm)|types\/[\w-]+\.d\.ts|package\.json|README\.md|LICENSE-\w+)$/.test(file));
  assert.deepEqual(strangers, []);
});
