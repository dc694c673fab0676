// The image of docs/deploy/Dockerfile without a Docker engine: its last steps are run as they are written, on the program that is built
// already, and the root they make serves as the image would, by another user, on a root that cannot be written.
// Not run: the steps that fetch Debian's packages and compile. PLUMBLINE_STATIC names a program that they made.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { program } from "../../xtask/npm/native.mjs";
import { binaries, startPostgres } from "../../xtask/npm/postgres.mjs";
import { root as project } from "../../xtask/npm/run.mjs";

const ADMIN = "the-secret-of-this-host-0123456789abcdef";
const text = readFileSync(join(project, "docs/deploy/Dockerfile"), "utf8");
/** The instructions in their order, each with its stage. */
const steps = [];
for (const line of text.split("\n").filter((line) => line && !line.startsWith("#"))) {
  const [, word, rest] = /^([A-Z]+) (.*)$/.exec(line);
  const stage = word === "FROM" ? (steps.at(-1)?.stage ?? -1) + 1 : steps.at(-1).stage;
  steps.push({ stage, word, rest });
}
const last = steps.at(-1).stage;
const of = (word) => steps.filter((step) => step.stage === last && step.word === word).map((step) => step.rest);
const list = (word) => JSON.parse(of(word)[0]);
const [user] = of("USER");

let folder;
let root;
const sh = (script, options = {}) => spawnSync("sh", ["-ec", script], { encoding: "utf8", ...options });

before(() => {
  folder = mkdtempSync(join(tmpdir(), "plumbline-image-"));
  chmodSync(folder, 0o755);
  root = join(folder, "root");
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("the image has one program, no shell, and a user without rights", () => {
  assert.equal(steps.find((step) => step.stage === last).rest, "scratch");
  assert.match(user, /^[1-9]\d*:[1-9]\d*$/);
  assert.deepEqual(of("COPY"), ["--from=build /root-of-image /"]);
  assert.equal(of("STOPSIGNAL")[0], "SIGTERM");
  assert.equal(list("ENTRYPOINT")[0], "/bin/plumbline");
  assert.match(steps.find((step) => /cargo build/.test(step.rest)).rest, /--release --locked --target x86_64-unknown-linux-musl/);
});

test("its last steps make its root", () => {
  const built = process.env.PLUMBLINE_STATIC ?? program();
  let done = 0;
  for (const { stage, word, rest } of steps) {
    if (stage === last || word !== "RUN" || /^(apt-get|rustup|cargo) /.test(rest)) continue;
    const script = rest.replaceAll("/root-of-image", root).replace(/target\/x86_64-unknown-linux-musl\/release\/plumbline/, built);
    const ran = sh(script, { cwd: project });
    assert.equal(ran.status, 0, `${rest}\n${ran.stderr}`);
    done++;
  }
  assert.equal(done, 4);
  // A program that is not static needs its libraries, which the image does not have.
  const linked = spawnSync("ldd", [join(root, "bin/plumbline")], { encoding: "utf8" });
  const libraries = [...`${linked.stdout}`.matchAll(/(\/\S+\.so\S*)/g)].map(([, path]) => path);
  for (const library of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
    chmodSync(join(root, library), 0o755);
  }
  if (process.env.PLUMBLINE_STATIC) assert.deepEqual(libraries, [], "the program is not static");
  else console.log("not run: the static build of the image (PLUMBLINE_STATIC names a program that it made)");
  copyFileSync(join(project, "worker/demo/demo.plumb"), join(root, "models/leads.plumb"));
  const { uid, gid } = statSync(join(root, "data"));
  assert.equal(`${uid}:${gid}`, user);
  assert.deepEqual(readdirSync(root).filter((name) => !/^lib/.test(name) && name !== "usr").sort(), ["bin", "data", "models", "tmp"]);
  assert.deepEqual(readdirSync(join(root, "bin")), ["plumbline"]);
});

/** Runs `args` in the root, as the image's user, with a root that cannot be written, and `data` in its place. */
function inside(args, data, options = {}) {
  const quoted = args.map((arg) => `'${arg}'`).join(" ");
  const script = `mount --bind ${root} ${root}; mount -o remount,bind,ro ${root}; mount --bind ${data} ${root}/data; mount -t tmpfs tmpfs ${root}/tmp; cd ${root}; exec chroot --userspec=${user} ${root} ${quoted}`;
  return spawn("unshare", ["--mount", "sh", "-ec", script], { stdio: ["ignore", "pipe", "inherit"], env: { PLUMBLINE_ADMIN: ADMIN }, ...options });
}

const ended = (child) => new Promise((done) => child.once("exit", (code, signal) => done(signal ?? code)));

/** Serves as the image does, but on a free port, and with `--json` to hear which. */
async function serve(data, change = (args) => args) {
  const command = change(list("CMD")).map((arg) => arg.replace("0.0.0.0:8788", "0.0.0.0:0"));
  const child = inside([...list("ENTRYPOINT"), ...command, "--json"], data);
  const end = ended(child);
  const line = await Promise.race([
    new Promise((done) => createInterface({ input: child.stdout }).once("line", done)),
    end.then((code) => Promise.reject(new Error(`it ended with ${code}`))),
  ]);
  const port = new URL(JSON.parse(line).listening).port;
  return { child, end, url: `http://127.0.0.1:${port}` };
}

async function asks(url, data, pid) {
  // Its health check, as the image has it.
  const [, health] = /CMD (\[.*\])$/.exec(of("HEALTHCHECK")[0]);
  const check = inside(JSON.parse(health).map((arg) => arg.replace("http://127.0.0.1:8788", url)), data);
  assert.equal(await ended(check), 0);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  assert.match(status, new RegExp(`^Uid:\t${user.split(":")[0]}\t`, "m"));
  assert.throws(() => writeFileSync(`/proc/${pid}/root/bin/other`, ""), /EROFS/);
  const made = await fetch(`${url}/v1/keys`, { method: "POST", headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" }, body: JSON.stringify({ name: "crm", scopes: ["score", "read"] }) });
  assert.equal(made.status, 200, await made.clone().text());
  const { secret } = await made.json();
  const lead = { lead_id: "L-1", pricing_page_visits: 7, lead_source: "Referral" };
  const score = (headers) => fetch(`${url}/v1/score`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(lead) });
  assert.equal((await score({})).status, 401, "callers of other machines need a key");
  const began = Date.now();
  let scored = await score({ authorization: `Bearer ${secret}` });
  // Keys are known to all threads within seconds.
  while (scored.status !== 200 && Date.now() - began < 10_000) {
    await new Promise((done) => setTimeout(done, 200));
    scored = await score({ authorization: `Bearer ${secret}` });
  }
  assert.equal(scored.status, 200);
  assert.ok((await scored.json()).probability > 0);
}

test("the image is at most 30 MB, compressed", () => {
  const packed = sh(`tar c -C ${root} bin models | gzip | wc -c`);
  const mb = Number(packed.stdout) / 1e6;
  console.log(`${mb.toFixed(1)} MB compressed: ${process.env.PLUMBLINE_STATIC ? "the static program" : "the program that the tests built"}, stripped`);
  assert.ok(mb > 1 && mb <= 30, `${mb} MB`);
});

test("it serves as another user on a root that cannot be written, and SIGTERM ends it with its log written", { timeout: 60_000 }, async () => {
  const data = join(folder, "data");
  mkdirSync(data);
  const [uid, gid] = user.split(":").map(Number);
  chownSync(data, uid, gid);
  const { child, end, url } = await serve(data);
  try {
    await asks(url, data, child.pid);
  } finally {
    child.kill(of("STOPSIGNAL")[0]);
  }
  assert.equal(await end, 0);
  assert.ok(existsSync(join(data, "store")));
  const served = spawnSync(program(), ["ledger", "served", "L-1", "--at", new Date().toISOString(), "--store", join(data, "store"), "--json"], { encoding: "utf8" });
  assert.equal(JSON.parse(served.stdout).observed.length, 1, served.stdout + served.stderr);
});

test("compose.yaml serves the same from PostgreSQL", { timeout: 90_000, skip: binaries() ? false : "PostgreSQL is not installed" }, async (t) => {
  const compose = readFileSync(join(project, "docs/deploy/compose.yaml"), "utf8");
  const command = /^    command:\n((?:      - .*\n)+)/m.exec(compose)[1].trim().split("\n").map((line) => line.trim().slice(2));
  assert.match(compose, /^    read_only: true$/m);
  assert.match(compose, /^    cap_drop: \[ALL\]$/m);
  const postgres = await startPostgres();
  t.after(() => postgres.remove());
  const data = join(folder, "unused");
  mkdirSync(data);
  const { child, end, url } = await serve(data, () => command.map((arg) => (arg.startsWith("postgres://") ? postgres.url : arg)));
  try {
    await asks(url, data, child.pid);
  } finally {
    child.kill("SIGTERM");
  }
  assert.equal(await end, 0);
  assert.deepEqual(readdirSync(data), [], "nothing is kept in the container");
});
