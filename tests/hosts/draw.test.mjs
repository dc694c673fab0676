// The draws of a page, in plain JavaScript, are those of the core: for every hash, random allocations, rules and ids. And the packed package has
// what its entry points for pages load, and a server may import them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { project as install } from "./package.mjs";

let project, draw, assign;
before(async () => {
  project = install();
  const from = (name) => import(pathToFileURL(join(project.folder, "node_modules/plumbline/pkg", name)));
  [{ draw }, { assign }] = [await from("draw.js"), await from("experiment-node.js")];
});
after(() => project?.remove());

/** Numbers in [0, 1) that are the same at each run (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test("a page draws as the core draws", () => {
  const next = random(7);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const chance = (p, value) => (next() < p ? value() : undefined);
  const texts = ["", "DE", "é😀", "x".repeat(55), "x".repeat(56), "x".repeat(64), "x".repeat(119), "a:b"];
  const values = [null, true, false, 0, -1, 7.5, 1e300, "DE", "FR", "", ["DE", "x"], []];
  const kept = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  let [challengers, tested, withheld, compared] = [0, 0, 0, 0];
  for (let round = 0; round < 400; round++) {
    const arms = Math.floor(next() * 4);
    const arm = Array.from({ length: arms }, (_, i) => kept({ variant: `v${i}`, share_bp: Math.floor((next() * 9000) / arms), room_bp: chance(0.5, () => Math.floor(9999 / arms)) }));
    if (arm.some(({ share_bp, room_bp = 0 }) => room_bp && share_bp > room_bp)) continue;
    const rule = Array.from({ length: Math.floor(next() * 3) }, () =>
      kept({ field: pick(["country", "size", "none"]), in: chance(0.3, () => [pick(values.slice(1, -2)), "DE"]), not_in: chance(0.2, () => ["FR", 7.5]), at_least: chance(0.2, () => pick([0, 5])), below: chance(0.2, () => pick([7, 8])), present: chance(0.5, () => next() < 0.8) }),
    );
    const allocation = kept({
      experiment: `e${round}${pick(texts)}`, champion: "champion", arm, rule, hash: pick(["sha256", "growthbook-v1", "growthbook-v2", "flagd", "unleash", undefined]),
      exploration_bp: chance(0.7, () => pick([0, 100, 3000, 10_000])), exploration_salt: chance(0.3, () => "other"), holdout_bp: chance(0.5, () => pick([0, 2000])), killed: chance(0.1, () => true),
    });
    const ids = Array.from({ length: 40 }, (_, i) => (i === 0 ? "" : `${pick(texts)}${Math.floor(next() * 1e6)}`));
    const fields = ids.map(() => ({ country: pick(values), size: pick(values) }));
    let expected;
    try {
      expected = assign(allocation, ids, fields);
    } catch (error) {
      assert.match(error.code, /./);
      continue;
    }
    const found = draw(allocation, ids, fields);
    for (const [place, { variant, role, explores, cause }] of expected.entries()) {
      const side = arm.length === 1 && cause === "drawn" && !explores ? (role === "challenger" ? "B" : "A") : undefined;
      assert.deepEqual({ arm: undefined, ...found[place] }, { variant, role, explores, arm: side }, JSON.stringify({ allocation, id: ids[place], fields: fields[place] }));
      compared++;
      challengers += role === "challenger";
      tested += side !== undefined;
      withheld += explores;
    }
  }
  for (const count of [compared, challengers, tested, withheld]) assert.ok(count > 500, `${[compared, challengers, tested, withheld]}`);
});

test("the packed package has what its entry points load, and those for pages can be imported without a DOM", () => {
  const at = join(project.folder, "node_modules/plumbline");
  const { exports } = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
  for (const [name, found] of Object.entries(exports)) {
    for (const file of Object.values(typeof found === "string" ? { default: found } : found)) assert.ok(existsSync(join(at, file)), `${name}: ${file}`);
  }
  for (const name of ["element", "list", "list-worker", "draw", "rep", "frame", "client"]) {
    const text = readFileSync(join(at, `pkg/${name}.js`), "utf8");
    for (const [, file] of text.matchAll(/(?:import\(|from|import)\s*"\.\/([\w-]+\.js)"/g)) assert.ok(project.files.includes(`pkg/${file}`), `${name} loads ${file}`);
  }
  // A server that renders pages imports them; nothing may keep it running.
  const script = `for (const name of ["element", "list", "frame", "client"]) await import("plumbline/" + name); console.log("imported");`;
  project.write("server.mjs", script);
  const { stdout, stderr, status } = spawnSync(process.execPath, ["server.mjs"], { cwd: project.folder, encoding: "utf8", timeout: 10_000 });
  assert.deepEqual([stdout, stderr, status], ["imported\n", "", 0]);
});
