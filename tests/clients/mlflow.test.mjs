// `plumbline push`, `pull` and `train --mlflow` against MLflow's own server, read with MLflow's own client: what is written, tokens, outages, lost and
// half answers, and kills at each request. PLUMBLINE_PYTHON is an interpreter with tests/python/requirements.txt.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { startMlflow, startProxy } from "./mlflow.mjs";

const python = process.env.PLUMBLINE_PYTHON;
const demo = join(root, "worker/demo/demo.plumb");
const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
const folder = mkdtempSync(join(tmpdir(), "plumbline-push-"));
let mlflow;
let proxy;
let reader;
let answers;
let complaints = "";

before(async () => {
  assert.ok(python, "PLUMBLINE_PYTHON names no interpreter");
  mlflow = await startMlflow(python);
  proxy = await startProxy(mlflow.url);
  const env = { ...process.env, NO_PROXY: "127.0.0.1", MLFLOW_DISABLE_TELEMETRY: "true", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false" };
  reader = spawn(python, [join(root, "tests/python/mlflow_reads.py"), mlflow.url], { env });
  reader.stderr.setEncoding("utf8").on("data", (text) => (complaints += text));
  answers = createInterface({ input: reader.stdout })[Symbol.asyncIterator]();
});
after(async () => {
  reader?.kill();
  await proxy?.stop();
  await mlflow?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => Object.assign(proxy.state, { token: undefined, fault: undefined, requests: [] }));

/** A command with the server's address; its code, its JSON and what it complained of. */
async function plumbline(args, env = {}) {
  const settings = { ...process.env, MLFLOW_TRACKING_URI: proxy.url, MLFLOW_HTTP_REQUEST_TIMEOUT: "20", MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: "0.01", ...env };
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete settings[name];
  const done = await promisify(execFile)(program(), [...args, "--json"], { env: settings, cwd: folder, timeout: 120_000 }).catch((e) => e);
  const said = done.stdout?.startsWith("{") ? JSON.parse(done.stdout) : undefined;
  return { code: done.code ?? 0, said, error: done.stderr ?? "" };
}

/** What MLflow's client finds; `whole` with the runs' figures and the versions' files. One process answers all questions: it takes seconds to start. */
async function read(experiment, model, whole = true) {
  const into = whole ? mkdtempSync(join(folder, "read-")) : "";
  reader.stdin.write(`${JSON.stringify([experiment, model, into])}\n`);
  const { value, done } = await answers.next();
  assert.ok(!done, `the reader ended: ${complaints}`);
  return JSON.parse(value);
}

/** One run, finished; one version of it, whose bundle is `file`. */
function isWhole(found, file) {
  assert.equal(found.runs.length, 1, JSON.stringify(found.runs.map(({ id, status }) => [id, status])));
  assert.equal(found.versions.length, 1, JSON.stringify(found.versions));
  const [run] = found.runs;
  const [version] = found.versions;
  assert.deepEqual([run.status, version.status, version.run_id], ["FINISHED", "READY", run.id]);
  assert.deepEqual([version.downloaded, version.tags["plumbline.bundle_sha256"]], [sha256(file), sha256(file)]);
}

/** A table of made-up leads. */
function leads(name, rows, seed) {
  let state = seed;
  const random = () => ((state = (state * 48271) % 2147483647), state / 2147483647);
  const row = (_, n) => {
    const visits = Math.floor(random() * 20);
    const source = ["ads", "referral", "web"][Math.floor(random() * 3)];
    const converted = random() < 0.05 + visits / 30 + (source === "referral" ? 0.3 : 0) ? 1 : 0;
    return `L${n},${visits},${source},${converted}`;
  };
  const file = join(folder, name);
  writeFileSync(file, ["lead_id,visits,source,converted", ...Array.from({ length: rows }, row)].join("\n") + "\n");
  return file;
}

describe("MLflow", () => {
  test("a pushed bundle is read by MLflow's client, comes back as the same bytes, and is pushed once", async () => {
    const first = await plumbline(["push", demo, "--experiment", "once", "--name", "once", "--alias", "champion"]);
    assert.equal(first.code, 0, first.error);
    assert.deepEqual([first.said.changed, first.said.version, first.said.sha256], [true, "1", sha256(demo)]);
    const again = await plumbline(["push", demo, "--experiment", "once", "--name", "once", "--alias", "champion"]);
    assert.deepEqual([again.code, again.said], [0, { ...first.said, changed: false }]);
    const found = await read("once", "once");
    isWhole(found, demo);
    const [run] = found.runs;
    assert.deepEqual(found.aliases, { champion: "1" });
    assert.equal(found.by_alias.champion, sha256(demo));
    assert.deepEqual(found.versions[0].flavors, ["plumbline"]);
    assert.ok(found.versions[0].inputs.includes("pricing_page_visits"), `${found.versions[0].inputs}`);
    assert.ok(run.files.includes("model/model.plumb") && run.files.includes("model/MLmodel") && run.files.includes("data/schema.json") && run.files.includes("card/card.html") && run.files.includes("card/card.md"), `${run.files}`);
    assert.ok(Object.keys(run.params).length > 2, JSON.stringify(run.params));
    assert.equal(proxy.state.requests.filter((line) => line.startsWith("PUT")).length, run.files.length, "each file is stored once");
    for (const source of ["models:/once@champion", "models:/once/1", `runs:/${run.id}`, `runs:/${run.id}/model/model.plumb`]) {
      const out = join(folder, "back.plumb");
      rmSync(out, { force: true });
      const pulled = await plumbline(["pull", source, "-o", out]);
      assert.equal(pulled.code, 0, `${source}: ${pulled.error}`);
      assert.deepEqual([sha256(out), pulled.said.sha256_compared], [sha256(demo), true], source);
    }
  });

  test("what is not there, and what is not a bundle, is named", async () => {
    const out = join(folder, "none.plumb");
    for (const [args, code, name] of [
      [["pull", "models:/once@unknown", "-o", out], 8, "MLFLOW_INVALID_PARAMETER_VALUE"],
      [["pull", "models:/nothing/1", "-o", out], 8, "MLFLOW_RESOURCE_DOES_NOT_EXIST"],
      [["pull", "models:/once/newest", "-o", out], 2, "MLFLOW_SOURCE"],
      [["push", demo, "--name", "a/b"], 2, "MLFLOW_NAME"],
      [["push", demo, "--alias", "v1"], 2, "MLFLOW_ALIAS"],
      [["push", demo, "--mlflow", "sqlite:///x.db"], 2, "MLFLOW_ADDRESS"],
    ]) {
      const done = await plumbline(args);
      assert.ok(done.code === code && done.error.includes(`"${name}"`), `${args}: ${done.code} ${done.error}`);
    }
    assert.throws(() => readFileSync(out));
    const none = await plumbline(["push", demo], { MLFLOW_TRACKING_URI: undefined });
    assert.ok(none.code === 2 && none.error.includes("MLFLOW_ADDRESS"), none.error);
  });

  test("a token is asked for and sent, and a wrong one is named, not tried again", async () => {
    proxy.state.token = "s3cret";
    const args = ["push", demo, "--experiment", "token", "--name", "token"];
    for (const [token, code] of [[undefined, 8], ["wrong", 8], ["s3cret", 0]]) {
      proxy.state.requests = [];
      const done = await plumbline(args, { MLFLOW_TRACKING_TOKEN: token });
      assert.equal(done.code, code, done.error);
      if (code) assert.ok(done.error.includes("MLFLOW_DENIED") && proxy.state.requests.length === 1, `${done.error} ${proxy.state.requests}`);
      assert.ok(!done.error.includes("s3cret"));
    }
    isWhole(await read("token", "token"), demo);
  });

  test("5xx, 429, dropped connections, lost and half answers are tried again, and leave one run and one version", { timeout: 240_000 }, async () => {
    // Each kind of failure at every second request; an attempt that follows a failure passes.
    const kinds = ["503", "429", "500", "drop", "lost", "half"];
    let n = 0;
    proxy.state.fault = () => (n++ % 2 === 0 ? kinds[(n >> 1) % kinds.length] : undefined);
    const done = await plumbline(["push", demo, "--experiment", "faults", "--name", "faults", "--alias", "champion"]);
    assert.equal(done.code, 0, done.error);
    assert.ok(n > 20, `${n}`);
    proxy.state.fault = undefined;
    const found = await read("faults", "faults");
    isWhole(found, demo);
    // A repeated figure is the same figure.
    assert.ok(found.runs[0].points <= 1, `${found.runs[0].points}`);
    const out = join(folder, "faults.plumb");
    n = 0;
    proxy.state.fault = () => (n++ % 2 === 0 ? kinds[(n >> 1) % kinds.length] : undefined);
    assert.equal((await plumbline(["pull", "models:/faults@champion", "-o", out])).code, 0);
    assert.equal(sha256(out), sha256(demo));
  });

  test("an outage leaves a run that the same command continues, and no version", { timeout: 240_000 }, async () => {
    const args = ["push", demo, "--experiment", "outage", "--name", "outage"];
    // Files are accepted until the bundle itself: from then on nothing answers.
    let down = false;
    proxy.state.fault = (request) => ((down ||= request.method === "PUT") ? "503" : undefined);
    const failed = await plumbline(args, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2" });
    assert.ok(failed.code === 7 && failed.error.includes("MLFLOW_UNREACHABLE"), `${failed.code} ${failed.error}`);
    proxy.state.fault = undefined;
    const between = await read("outage", "outage");
    assert.deepEqual([between.runs.map(({ status }) => status), between.versions.length], [["RUNNING"], 0]);
    assert.equal((await plumbline(args)).code, 0);
    const found = await read("outage", "outage");
    isWhole(found, demo);
    assert.equal(found.runs[0].id, between.runs[0].id);
  });

  test("killed after each request that writes, the command is run again: one run, one version", { timeout: 400_000 }, async () => {
    const args = (name) => ["push", demo, "--experiment", name, "--name", name, "--alias", "champion"];
    const isWrite = ({ method, url }) => method !== "GET" && !url.includes("/search");
    let steps = 0;
    proxy.state.fault = (request) => void (steps += isWrite(request));
    assert.equal((await plumbline(args("kill-0"))).code, 0);
    // Experiment, run, three kinds of entries, six files, the run's end, model, version, alias.
    assert.ok(steps >= 10, `${proxy.state.requests}`);
    for (let step = 1; step <= steps; step++) {
      const name = `kill-${step}`;
      let wrote = 0;
      const env = { ...process.env, MLFLOW_TRACKING_URI: proxy.url };
      const child = spawn(program(), args(name), { env, stdio: "ignore" });
      const ended = new Promise((done) => child.once("exit", (_, signal) => done(signal)));
      // The server has done what it was asked for; its answer does not arrive.
      proxy.state.fault = (request) => (isWrite(request) && ++wrote === step ? () => child.kill("SIGKILL") : undefined);
      assert.equal(await ended, "SIGKILL", `${name} ended before it was killed`);
      proxy.state.fault = undefined;
      const between = await read(name, name, false);
      assert.ok(between.versions.length === 0 || between.runs[0].status === "FINISHED", `${name}: ${JSON.stringify(between)}`);
      const again = await plumbline(args(name));
      assert.deepEqual([again.code, again.said?.version], [0, "1"], `${name}: ${again.error}`);
      const found = await read(name, name, false);
      assert.deepEqual([found.runs.map(({ status }) => status), found.versions.length, found.aliases], [["FINISHED"], 1, { champion: "1" }], name);
    }
    isWhole(await read(`kill-${Math.floor(steps / 2)}`, `kill-${Math.floor(steps / 2)}`), demo);
  });

  test("check setup tries the connection", async () => {
    proxy.state.token = "s3cret";
    for (const [env, code, words] of [[{ MLFLOW_TRACKING_TOKEN: "s3cret" }, 0, "it takes the credentials"], [{}, 1, "needs credentials"], [{ MLFLOW_TRACKING_URI: "http://127.0.0.1:9" }, 1, "cannot be reached"]]) {
      const done = await plumbline(["check", "setup"], env);
      assert.ok(done.code === code && JSON.stringify(done.said).includes(words), `${done.code} ${JSON.stringify(done.said)} ${done.error}`);
    }
  });

  test("check post-training finds the bundle's run, metrics and version, or says what is missing", async () => {
    const check = async () => {
      const { said, error } = await plumbline(["check", "post-training", demo, "--experiment", "gate"]);
      const of = (id) => said?.checks.find((check) => check.id === id)?.status;
      return [of("mlflow.metrics"), of("mlflow.registered"), error];
    };
    assert.deepEqual(await check(), ["failed", undefined, ""]);
    assert.equal((await plumbline(["push", demo, "--experiment", "gate"])).code, 0);
    assert.deepEqual(await check(), ["passed", "passed", ""]);
    let half = 0;
    proxy.state.fault = () => (half++ % 2 === 0 ? "half" : undefined);
    assert.deepEqual(await check(), ["passed", "passed", ""], "a half answer is asked for again");
    assert.ok(half >= 6, `${half} requests`);
  });

  test("aliases follow the rollout of a service, and a change by hand is put right", { timeout: 240_000 }, async () => {
    const store = join(folder, "store");
    const follow = async (changes) => {
      const done = await plumbline(["export", "--store", store, "--to", `mlflow+${proxy.url}`, "--experiment", "served", "--once"]);
      assert.deepEqual([done.code, done.said], [0, { changes }], done.error);
      return (await read("served", "followed", false)).aliases;
    };
    const make = async (name, seed) => {
      const out = join(folder, `${name}.plumb`);
      const settings = join(folder, "few.toml");
      writeFileSync(settings, "[train]\ntrees = 5\n");
      const done = await plumbline(["train", leads(`${name}.csv`, 600, seed), "--settings", settings, "--name", "followed", "--version", name, "-o", out], { MLFLOW_TRACKING_URI: undefined });
      assert.equal(done.code, 0, done.error);
      return out;
    };
    const add = async (file) => {
      const done = await plumbline(["models", "add", file, "--store", store]);
      assert.equal(done.code, 0, done.error);
    };
    await add(await make("one", 11));
    assert.deepEqual(await follow(2), { champion: "1" });
    assert.deepEqual(await follow(0), { champion: "1" });
    await add(await make("two", 12));
    assert.deepEqual(await follow(1), { champion: "1" });
    // Two people: who starts a rollout does not approve its next stage.
    const [key] = ["Ada", "Grace"].map((name) => {
      const keys = ["keys", "add", name, "--role", "ml_lead", "--scope", "read,operate,approve", "--store", store];
      return execFileSync(program(), keys, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim().split("\n").at(-1);
    });
    const started = await plumbline(["rollout", "start", "two", "--acknowledge", "--store", store, "--key", key]);
    assert.equal(started.code, 0, started.error);
    assert.deepEqual(await follow(1), { champion: "1", shadow: "2" });
    // A person points aliases elsewhere; their own name stays.
    assert.equal((await plumbline(["push", join(folder, "two.plumb"), "--experiment", "served", "--alias", "champion"])).code, 0);
    assert.equal((await plumbline(["push", join(folder, "two.plumb"), "--experiment", "served", "--alias", "mine"])).code, 0);
    assert.deepEqual(await follow(1), { champion: "1", shadow: "2", mine: "2" });
    const stopped = await plumbline(["rollout", "rollback", "--reason", "test", "--store", store, "--key", key]);
    assert.equal(stopped.code, 0, stopped.error);
    assert.deepEqual(await follow(1), { champion: "1", mine: "2" });
  });

  test("train logs what it did and registers the model; what went wrong in between is continued by push", { timeout: 240_000 }, async () => {
    const data = leads("leads.csv", 900, 7);
    const settings = join(folder, "plumbline.toml");
    writeFileSync(settings, "[train]\ntrees = 20\n");
    const out = join(folder, "trained.plumb");
    const args = ["train", data, "--settings", settings, "--name", "trained", "--experiment", "training", "-o", out];
    const done = await plumbline(args);
    assert.equal(done.code, 0, done.error);
    const found = await read("training", "trained");
    isWhole(found, out);
    const [run] = found.runs;
    const figure = done.said.baseline.figures.find(({ id }) => id === "auc");
    assert.deepEqual([run.metrics.auc, run.metrics.auc_low, run.metrics.auc_high], [figure.value, ...figure.interval]);
    assert.deepEqual([run.params.trees, run.params.snapshot_sha256.length], ["20", 64]);
    assert.equal(run.tags["plumbline.settings_sha256"], sha256(settings));
    assert.equal(run.tags["plumbline.schema_sha256"].length, 64);
    assert.ok(run.files.includes("data/suite.json"), `${run.files}`);
    // The same inputs give the same bundle, and so the same run; the comparison with the registered model is added to it.
    const again = await plumbline([...args, "--champion", "models:/trained/1"]);
    assert.deepEqual([again.code, again.said?.mlflow], [0, { ...done.said.mlflow, changed: true }], again.error);
    assert.deepEqual([again.said.champion.difference, again.said.champion.leads], [0, done.said.baseline.held_out.rows]);
    assert.equal((await read("training", "trained")).runs[0].metrics.champion_auc, figure.value);
    // A server that comes back while the model is trained.
    let asked = 0;
    proxy.state.fault = () => (asked++ === 0 ? "503" : undefined);
    const back = await plumbline([...args.slice(0, -1), join(folder, "back.plumb")]);
    assert.deepEqual([back.code, back.said?.mlflow.version, back.said?.warnings.map(({ code }) => code)], [0, "1", ["MLFLOW_UNREACHABLE", "TRAIN_FEW_LEADS"]], back.error);
    assert.match(back.error, /^warning\[MLFLOW_UNREACHABLE\]: MLflow at .* 503.*\. The model is trained, and goes there if it answers by then$/m);
    proxy.state.fault = undefined;
    // One that rejects the credentials would do so afterwards, too: nothing is trained.
    proxy.state.token = "s3cret";
    const denied = await plumbline([...args.slice(0, -1), join(folder, "denied.plumb")]);
    assert.ok(denied.code === 8 && denied.error.includes("MLFLOW_DENIED"), `${denied.code} ${denied.error}`);
    assert.throws(() => readFileSync(join(folder, "denied.plumb")), /ENOENT/);
    proxy.state.token = undefined;
    // A server that goes away while the model is trained.
    const other = leads("other.csv", 900, 8);
    const later = join(folder, "later.plumb");
    proxy.state.fault = (request) => (request.url.includes("experiments/search") ? undefined : "503");
    const failed = await plumbline(["train", other, "--name", "later", "--experiment", "later", "-o", later], { MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1" });
    proxy.state.fault = undefined;
    assert.equal(failed.code, 7, failed.error);
    const { error } = JSON.parse(failed.error.trimEnd().split("\n").at(-1));
    assert.ok(error.code === "MLFLOW_UNREACHABLE" && error.message.endsWith(`${later} is complete; continue with: plumbline push ${later}`), failed.error);
    // What was trained is printed all the same, with the error.
    assert.deepEqual([failed.said?.output, failed.said?.mlflow, failed.said?.mlflow_error], [later, null, error], JSON.stringify(failed.said));
    assert.ok(failed.said.baseline.held_out.rows > 0 && failed.said.cards.length === 2);
    assert.equal(done.said.mlflow_error, null);
    assert.equal((await plumbline(["push", later, "--experiment", "later"])).code, 0);
    isWhole(await read("later", "later"), later);
  });
});
