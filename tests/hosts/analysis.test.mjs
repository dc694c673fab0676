// `plumbline/analysis`, `plumbline/experiment` and `plumbline/quality` as their users get them, in node: the core's figures over typed arrays, and errors with codes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";

const analysis = await import(join(root, "wasm/pkg/analysis-node.js"));
const experiments = await import(join(root, "wasm/pkg/experiment-node.js"));
const quality = await import(join(root, "wasm/pkg/quality-node.js"));
const code = (wanted) => (error) => error.name === "PlumblineError" && error.code === wanted;

test("scores against outcomes, by scikit-learn's own example", () => {
  const [scores, converted] = [Float64Array.of(0.1, 0.4, 0.35, 0.8), [false, false, true, true]];
  assert.equal(analysis.rocAuc(scores, converted), 0.75);
  assert.equal(analysis.rocAuc(scores, Uint8Array.of(0, 0, 1, 1), [1, 1, 2, 2]), 0.75);
  assert.ok(Math.abs(analysis.averagePrecision(scores, converted) - 0.8333333333333333) < 1e-15);
  assert.ok(Math.abs(analysis.logLoss([0.5, 0.5], [1, 0]) - Math.LN2) < 1e-15);
  assert.equal(analysis.brier([1, 0.5], [1, 0]), 0.125);
  const { truePositive, falsePositive, precision, recall } = analysis.confusion(scores, converted, 0.375);
  assert.deepEqual([truePositive, falsePositive, precision, recall], [1, 1, 0.5, 0.5]);
  assert.deepEqual(analysis.gain(scores, converted, 2).map((part) => part.gain), [0.5, 1]);
  assert.equal(analysis.reliability(scores, converted, { bins: 2 }).bins.length, 2);
  const { auc, interval } = analysis.delong(scores, converted);
  assert.ok(auc === 0.75 && interval[0] > 0 && interval[0] < 0.75 && interval[1] < 1, `${interval}`);
  assert.equal(analysis.compareAuc(scores, scores.map((s) => s * 2), converted).difference, 0);
});

test("drift of numbers and of categories", () => {
  const before = Float64Array.from({ length: 1000 }, (_, i) => i);
  const same = analysis.numericDrift(before, before);
  assert.deepEqual([same.ks, same.ksPValue, same.psi, same.wasserstein], [0, 1, 0, 0]);
  const moved = analysis.numericDrift(before, before.map((x) => x + 100));
  assert.ok(Math.abs(moved.ks - 0.1) < 1e-12 && moved.ksPValue < 1e-3 && Math.abs(moved.wasserstein - 100) < 1e-9, JSON.stringify(moved));
  // scipy.stats.chi2_contingency([[10, 20], [20, 10]], correction=False)
  const { chiSquare, pValue } = analysis.categoryDrift([10, 20], [20, 10]);
  assert.ok(Math.abs(chiSquare - 20 / 3) < 1e-12 && Math.abs(pValue - 0.009823274507519235) < 1e-14, `${chiSquare} ${pValue}`);
});

test("every measure at once", () => {
  const report = analysis.metricsReport([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], { bands: [0.5] });
  assert.deepEqual([report.roc_auc, report.leads, report.bands.map((band) => band.from)], [0.75, 4, [null, 0.5]]);
  assert.match(analysis.metricsReport([0.1], [1]).roc_auc.insufficient, /leads that did not convert/);
  assert.throws(() => analysis.metricsReport([0.1], [1], { bands: [2, 1] }), code("BAD_CUT"));
  assert.throws(() => analysis.metricsReport([0.1], [1], { bnads: [] }), code("SETTINGS_INVALID"));
});

test("a drift report of numbers and texts", () => {
  const before = Float64Array.from({ length: 4000 }, (_, i) => i % 100);
  const source = Array.from({ length: 4000 }, (_, i) => ["web", "fair", null][i % 3]);
  const report = analysis.driftReport([
    { name: "visits", reference: before, current: before.map((x) => x + 40), importance: 3 },
    { name: "pages", reference: before, current: [...before], importance: 1 },
    { name: "source", reference: source, current: source.map((text, i) => (i % 10 === 0 ? "new" : text)), importance: 1 },
  ]);
  assert.deepEqual(report.features.map((feature) => feature.reasons), [["distribution"], [], ["new_categories"]]);
  assert.ok(Math.abs(report.features[0].distance - 0.4) < 1e-12 && report.features[2].new_categories.most[0][0] === "new", JSON.stringify(report));
  const { features, drifted, importance_share } = report.verdict;
  assert.deepEqual([features, drifted, importance_share, report.current_rows], [2, false, 0.8, 4000]);
  assert.equal(analysis.driftReport([{ name: "v", reference: before, current: before.map((x) => x + 40) }], { featuresAllowed: 0 }).verdict.drifted, true);
  assert.throws(() => analysis.driftReport([]), code("INSUFFICIENT_DATA"));
  assert.throws(() => analysis.driftReport([{ name: "v", reference: [1, Infinity], current: [1] }]), code("VALUE_NOT_FINITE"));
  assert.throws(() => analysis.driftReport([{ name: "v", reference: [1], current: ["a"] }]), code("BAD_SETTING"));
  assert.throws(() => analysis.driftReport([{ name: "v", reference: before, current: before }], { distnace: 1 }), code("SETTINGS_INVALID"));
  assert.equal(analysis.driftReport([{ name: "v", reference: [NaN], current: [1] }]).left_out[0].feature, "v");
});

test("windows over bytes: made, merged in any order, read", () => {
  const hour = 3_600_000;
  const rows = (start, n) => ({
    timeMs: Float64Array.from({ length: n }, (_, i) => start + i * 60_000),
    score: Float64Array.from({ length: n }, (_, i) => (i * 37 % 100) / 100),
    converted: Float64Array.from({ length: n }, (_, i) => (i % 7 === 0 ? NaN : Number(i * 37 % 100 > 60))),
    explored: Float64Array.from({ length: n }, (_, i) => Number(i % 3 === 0)),
    latencyUs: Float64Array.from({ length: n }, () => 90),
    features: { visits: Float64Array.from({ length: n }, (_, i) => i % 9), source: Array.from({ length: n }, (_, i) => (i % 2 ? "web" : "fair")) },
  });
  const training = analysis.makeWindows(rows(0, 500));
  const hosts = [5, 6, 9].map((at) => analysis.makeWindows(rows(at * 24 * hour, 150), training));
  const all = analysis.mergeWindows(hosts);
  assert.deepEqual(analysis.mergeWindows([hosts[2], analysis.mergeWindows([hosts[1], hosts[0]])]), all);
  const figures = analysis.readWindows(all, { reference: training, nowMs: 10 * 24 * hour });
  assert.deepEqual([figures.requests, figures.coverage, figures.error_rate, figures.latency_us[3]], [450, 1, 0, [0.99, 90]]);
  assert.ok(figures.roc_auc.at_least > 0.98 && figures.roc_auc.at_most <= 1 && figures.roc_auc_explored.value > 0.98, JSON.stringify(figures));
  assert.match(figures.uptime.insufficient, /0 checks/);
  assert.deepEqual(figures.features.map((feature) => feature.name), ["visits", "source"]);
  assert.ok(figures.features[0].drift.at_least <= figures.features[0].drift.at_most && figures.features[0].drift.at_most < 0.2);
  assert.equal(analysis.readWindows(all, { fromMs: 9 * 24 * hour }).requests, 150);
  assert.throws(() => analysis.mergeWindows([all, analysis.makeWindows({ timeMs: [0] })]), code("WINDOW_LAYOUT_MISMATCH"));
  assert.throws(() => analysis.readWindows(all.subarray(0, 50)), code("WINDOW_CHECKSUM"));
  assert.throws(() => analysis.mergeWindows([]), code("INSUFFICIENT_DATA"));
  assert.throws(() => analysis.makeWindows({ timeMs: [NaN] }), code("VALUE_NOT_A_TIME"));
  assert.throws(() => analysis.makeWindows({ timeMs: [0], score: [2] }), code("NOT_A_PROBABILITY"));
  assert.throws(() => analysis.makeWindows({ timeMs: [0], scores: [0.5] }), code("OPTION_INVALID"));
  assert.throws(() => analysis.makeWindows({ timeMs: [0], score: [0.5, 0.5] }), code("LENGTH_MISMATCH"));
});

const folder = mkdtempSync(join(tmpdir(), "plumbline-analysis-"));
after(() => rmSync(folder, { recursive: true }));
/** What the command prints with --json; it may end with 1, a check that fails. */
function command(...args) {
  try {
    return JSON.parse(execFileSync(program(), ["--json", ...args], { cwd: root, stdio: ["ignore", "pipe", "ignore"] }));
  } catch (error) {
    if (error.status === 1) return JSON.parse(error.stdout);
    throw error;
  }
}
/** Writes columns as CSV; NaN and null are empty. */
function csv(name, columns) {
  const [names, all] = [Object.keys(columns), Object.values(columns)];
  const cell = (value) => (value === null || Number.isNaN(value) ? "" : String(value));
  const rows = Array.from(all[0], (_, row) => all.map((column) => cell(column[row])).join(","));
  writeFileSync(join(folder, name), [names.join(","), ...rows, ""].join("\n"));
  return join(folder, name);
}

test("performance before outcomes arrive, as the command estimates it", () => {
  const leads = (n, shift) => {
    const score = Float64Array.from({ length: n }, (_, i) => ((i * 7919 + shift) % 1000) / 1000);
    return { score, converted: score.map((p, i) => Number((i * 104_729 % 997) / 997 < p)) };
  };
  const [reference, current] = [leads(4000, 0), leads(1500, 17)];
  const open = current.converted.map((y, i) => (i < 1000 ? y : NaN));
  const figures = analysis.estimatePerformance({ scores: reference.score, converted: [...reference.converted] }, { scores: current.score, converted: open }, 0.4);
  assert.deepEqual([figures.leads, figures.leads_with_outcome], [1500, 1000]);
  const { value, interval } = figures.measures.roc_auc.expected;
  const { realised } = figures.measures.roc_auc;
  assert.ok(interval[0] < value && value < interval[1] && realised > 0.7 && Math.abs(realised - value) < 0.05, JSON.stringify(figures));
  assert.equal(realised, analysis.rocAuc(current.score.subarray(0, 1000), [...open.subarray(0, 1000)]));
  const files = [csv("before.csv", reference), csv("now.csv", { score: current.score, converted: open })];
  const { performance } = command("drift", ...files, "--score", "score", "--outcome", "converted", "--threshold", "0.4");
  assert.deepEqual(figures, performance);
  const without = analysis.estimatePerformance({ scores: reference.score, converted: [...reference.converted] }, { scores: current.score });
  assert.deepEqual([without.leads_with_outcome, without.measures.recall.realised], [0, null]);
  const one = { scores: reference.score, converted: reference.converted.map(() => 1) };
  assert.throws(() => analysis.estimatePerformance({ ...one, converted: [...one.converted] }, { scores: [0.5] }), code("INSUFFICIENT_DATA"));
  assert.throws(() => analysis.estimatePerformance({ ...one, converted: [1] }, { scores: [0.5] }), code("LENGTH_MISMATCH"));
  const good = { scores: reference.score, converted: [...reference.converted] };
  assert.throws(() => analysis.estimatePerformance(good, { scores: [1.5] }), code("NOT_A_PROBABILITY"));
  assert.throws(() => analysis.estimatePerformance(good, { scores: [0.5], converted: [2] }), code("NOT_A_LABEL"));
  assert.throws(() => analysis.estimatePerformance(good, { scores: [0.5], converted: [] }), code("LENGTH_MISMATCH"));
  assert.throws(() => analysis.estimatePerformance(good, { scores: [] }), code("INSUFFICIENT_DATA"));
  assert.throws(() => analysis.estimatePerformance(good, { scores: [0.5] }, NaN), code("OPTION_INVALID"));
  const half = analysis.estimatePerformance(good, { scores: [0.2, 0.5], converted: [null, 1] });
  assert.deepEqual([half.leads, half.leads_with_outcome], [2, 1]);
  assert.equal(analysis.estimatePerformance(good, { scores: [0.5], converted: null }).leads_with_outcome, 0);
});

test("suites of Great Expectations over columns, as the command judges them", () => {
  const table = {
    visits: Int32Array.from({ length: 500 }, (_, i) => i % 40),
    amount: Float64Array.from({ length: 500 }, (_, i) => (i % 9 === 0 ? NaN : i / 8)),
    stage: Array.from({ length: 500 }, (_, i) => [null, "new", "won", "wno"][i % 50 === 49 ? 3 : i % 3]),
    owner: Array.from({ length: 500 }, (_, i) => i % 2 === 0),
  };
  const suite = {
    name: "leads",
    expectations: [
      { type: "expect_column_values_to_be_between", kwargs: { column: "visits", min_value: 0, max_value: 30, mostly: 0.9 }, severity: "warning" },
      { type: "expect_column_values_to_be_in_set", kwargs: { column: "stage", value_set: ["new", "won"] } },
      { type: "expect_column_values_to_match_regex", kwargs: { column: "stage", regex: "^w" } },
      { type: "expect_column_mean_to_be_between", kwargs: { column: "amount", min_value: 20, max_value: 40 } },
      { type: "expect_column_values_to_not_be_null", kwargs: { column: "amount", mostly: 0.5 } },
      { type: "expect_column_values_to_be_of_type", kwargs: { column: "owner", type_: "bool" } },
      { type: "expect_column_median_to_be_between", kwargs: { column: "visits", min_value: 1, max_value: 39 } },
      { type: "expect_column_values_to_be_unique", kwargs: { column: "nobody" } },
    ],
  };
  const [data, rules] = [csv("table.csv", table), join(folder, "suite.json")];
  writeFileSync(rules, JSON.stringify(suite));
  for (const resultFormat of ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]) {
    const found = quality.validate(suite, table, { resultFormat });
    const wanted = command("quality", "--suite", rules, data, "--result-format", resultFormat.toLowerCase().replace("_", "-"));
    for (const result of wanted.results) delete result.expectation_config.kwargs.batch_id;
    // Rows that could not be read are the command's, which reads files.
    assert.deepEqual(wanted.rows, { read: 500, used: 500, left_out: [] });
    delete wanted.rows;
    assert.deepEqual(found, wanted, resultFormat);
    assert.deepEqual(found.statistics.successful_expectations, 4);
  }
  const made = quality.generateSuite(table, "made");
  assert.equal(made.name, "made");
  assert.equal(quality.validate(JSON.stringify(made), table).success, true);
  const day = new Date(Date.UTC(2026, 4, 1));
  const between = { type: "expect_column_values_to_be_between", kwargs: { column: "day", min_value: "2026-04-30", max_value: "2026-05-02" } };
  assert.equal(quality.validate({ expectations: [between] }, { day: [day, null] }).success, true);
  assert.equal(quality.validate({ expectations: [between] }, { day: [new Date(0), null] }).success, false);
  assert.throws(() => quality.validate({ expectations: [between] }, { day: [day, 3] }), code("SETTINGS_INVALID"));
  assert.throws(() => quality.validate({ expectations: [] }, { a: [1], b: [1, 2] }), code("LENGTH_MISMATCH"));
  assert.throws(() => quality.validate({ expectations: [] }, { a: 3 }), code("SETTINGS_INVALID"));
  assert.equal(quality.validate({ expectations: [between] }, { day: [new Date("9999-12-31")] }).success, false);
  const small = { type: "expect_column_values_to_be_between", kwargs: { column: "x", min_value: 0, max_value: 1e18 } };
  assert.equal(quality.validate({ expectations: [small] }, { x: [1, Infinity] }).success, false);
  assert.equal(quality.validate({ expectations: [small] }, { x: BigInt64Array.of(9_007_199_254_740_993n) }).success, true);
  assert.throws(() => quality.validate({ expectations: [small] }, { x: ["a", -Infinity] }), code("SETTINGS_INVALID"));
  const endless = { ...small, kwargs: { ...small.kwargs, max_value: Infinity } };
  assert.throws(() => quality.validate({ expectations: [endless] }, { x: [1] }), code("SUITE_NOT_JSON"));
  assert.equal(quality.generateSuite({ x: [2 ** 60] }, 5).name, "5");
  assert.throws(() => quality.validate(undefined, {}), code("SUITE_NOT_JSON"));
  // What throws on its way in must leave the module whole, however often.
  const thrower = { get x() { throw new Error("no column"); } };
  for (let i = 0; i < 2000; i++) {
    assert.throws(() => quality.validate({ expectations: [] }, null), code("SETTINGS_INVALID"));
    assert.throws(() => quality.validate({ expectations: [] }, thrower), /no column/);
  }
  assert.equal(quality.validate(suite, table).statistics.successful_expectations, 4);
  assert.throws(() => quality.validate("{", {}), code("SUITE_NOT_JSON"));
  assert.throws(() => quality.validate({ expectations: [{ type: "expect_magic", kwargs: {} }] }, {}), (e) => e.name === "PlumblineError" && /expect_magic/.test(e.message));
  assert.throws(() => quality.validate({ expectations: [] }, {}, { resultFormat: "LOUD" }), code("SETTINGS_INVALID"));
});

test("the area under the curve as a guardrail", () => {
  const leads = 12_000;
  const arm = Uint32Array.from({ length: leads }, (_, i) => i % 2);
  const converted = Float64Array.from({ length: leads }, (_, i) => Number(i % 10 < 2 + (i % 2)));
  const score = converted.map((y, i) => ((i * 7919 % 1000) / 1000 + y * 0.6) / 1.6);
  const settings = {
    arms: [{ name: "a", weight: 1 }, { name: "b", weight: 1 }], primary: { name: "converted" },
    guardrails: [{ metric: { name: "AUC", kind: "auc" }, demand: { "at-least": 0.87 } }],
  };
  const found = experiments.experiment(settings, { arm, metrics: [{ value: converted }, { value: score, with: converted }] });
  assert.equal(found.comparisons[0].guardrails[0].finding, "shown", JSON.stringify(found));
});

test("arms by the hashes' owners", () => {
  const drawn = experiments.split({ hash: "growthbook-v2", salt: "seed", weights: { a: 1, b: 3 } }, ["b"]);
  assert.deepEqual(drawn, [{ arm: "b", point: 0.2696 }]);
  const pairs = experiments.split({ salt: "s", weights: [["2", 1], ["1", 0]] }, ["a"]);
  assert.equal(pairs[0].arm, "2");
  const allocation = { experiment: "2026-12", champion: "v1", arm: [{ variant: "v2", share_bp: 5000 }] };
  const [assigned] = experiments.assign(allocation, ["L-000009"]);
  assert.deepEqual([assigned.variant, assigned.role, assigned.bucket_bp], ["v1", "champion", 7219]);
});

test("experiments, planned and judged", () => {
  const planned = experiments.plan({ baseline: { rate: 0.1 }, lift: 0.05, per_arm: 5000 });
  assert.equal(planned.needed.per_arm, 57756);
  assert.match(planned.sentences[0], /5,000 leads per arm give 13 % power/);
  const leads = 12_000;
  const arm = Uint32Array.from({ length: leads }, (_, i) => i % 2);
  const value = Float64Array.from({ length: leads }, (_, i) => (i % 2 === 0 ? i % 20 === 0 : i % 20 < 6) ? 1 : 0);
  const settings = { arms: [{ name: "a", weight: 1 }, { name: "b", weight: 1 }], primary: { name: "converted" } };
  const found = experiments.experiment(settings, { arm, metrics: [{ value }] });
  assert.match(JSON.stringify(found), /win/i);
});

test("what cannot be answered is an error with a code", () => {
  assert.throws(() => analysis.rocAuc([0.1], [1]), code("INSUFFICIENT_DATA"));
  assert.throws(() => analysis.rocAuc([0.1, NaN], [1, 0]), code("SCORE_NOT_FINITE"));
  assert.throws(() => analysis.rocAuc([0.1], [1, 0]), code("LENGTH_MISMATCH"));
  assert.throws(() => analysis.brier([2], [1]), code("NOT_A_PROBABILITY"));
  assert.throws(() => analysis.rocAuc([0.1, 0.2], [1, 0], [1, -1]), code("BAD_WEIGHT"));
  assert.throws(() => analysis.numericDrift([], [1]), code("INSUFFICIENT_DATA"));
  assert.throws(() => analysis.categoryDrift([1.5], [1]), code("NOT_A_COUNT"));
  assert.throws(() => analysis.rocAuc([0.1, 0.2], [1, NaN]), code("NOT_A_LABEL"));
  assert.throws(() => analysis.delong([0.1, 0.2], [1, 0], 95), code("OPTION_INVALID"));
  assert.throws(() => analysis.gain([0.1, 0.2], [1, 0], -1), code("OPTION_INVALID"));
  assert.throws(() => experiments.plan({ lift: 1 }), code("SETTINGS_INVALID"));
  assert.throws(() => experiments.plan({ baseline: { rate: 0.1 }, lift: 0.05, per_amr: 5000 }), code("SETTINGS_INVALID"));
  assert.throws(() => experiments.plan(undefined), code("SETTINGS_INVALID"));
  assert.throws(() => experiments.split({ salt: "s", weights: {} }, ["a"]), code("CONFIG_INVALID"));
  assert.throws(() => experiments.experiment({ arms: [], primary: { name: "x" } }, { arm: [], metrics: [] }), (e) => e.name === "PlumblineError");
});

test("each module carries only its own functions", () => {
  assert.deepEqual([analysis.validate, analysis.experiment, quality.rocAuc, experiments.rocAuc], [undefined, undefined, undefined, undefined]);
});
