// What waits to be scored by other versions: in turns of its own, given up where it panics, resumed after a rest.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Later } from "../../worker/shell/later.js";

let now;
let turns;
const clock = Date.now;
beforeEach(() => {
  now = 1_000_000;
  turns = [];
  Date.now = () => now;
  globalThis.scheduler = { wait: () => new Promise((wake) => turns.push(wake)) };
});
afterEach(() => {
  Date.now = clock;
  delete globalThis.scheduler;
});

/** An instance with `waiting` requests, each of which gives two rows, but for request number `broken`. */
function instance(waiting, broken = Infinity) {
  const edge = { words: new Uint32Array(11), said: [], left: waiting, scored: 0 };
  edge.view = () => edge.words;
  edge.exports = {
    after() {
      if (++edge.scored === broken) throw new Error("unreachable");
      edge.words[4] = 2;
      edge.words[10] = --edge.left;
      return 0;
    },
    shadows: (on) => edge.said.push(`shadows ${on}`),
    left_out: (broke, dropped) => edge.said.push(`left out ${broke} ${dropped}`),
  };
  return edge;
}

/** Ends every turn that waits, and what follows of it. */
async function run() {
  for (const wake of turns.splice(0)) wake();
  await new Promise((next) => setImmediate(next));
}

const ctx = { waitUntil() {} };

test("requests are scored in turns, never in the one that answered", async () => {
  const [later, edge, flushed] = [new Later(), instance(40), []];
  const log = { full: false, later: () => flushed.push(edge.scored) };
  later.move(edge);
  later.waiting = 40;
  later.turn({}, ctx, log, () => assert.fail("nothing panicked"));
  await Promise.resolve();
  assert.equal(edge.scored, 0);
  await run();
  assert.deepEqual([edge.scored, later.waiting, flushed], [32, 8, [32]], "answers come between two turns");
  later.turn({}, ctx, log, () => assert.fail("nothing panicked"));
  await run();
  assert.deepEqual([edge.scored, later.waiting, flushed], [40, 0, [32, 40]]);
});

test("a panic costs its instance and what waited in it, and other versions rest, each time longer", async () => {
  const [later, log] = [new Later(), { full: false, later() {} }];
  const errors = console.error;
  console.error = () => {};
  let edge = instance(5, 2);
  later.move(edge);
  const rests = [];
  for (let panics = 0; panics < 9; panics++) {
    later.waiting = 5;
    const next = instance(5, 2);
    later.turn({}, ctx, log, () => later.move(next));
    await run();
    assert.deepEqual(next.said, ["left out 0 3", "shadows 0", "left out 1 0"], "one broke a version, one was scored, three were lost");
    later.resume(later.until - 1);
    assert.equal(next.said.length, 3);
    rests.push(later.until - now);
    now = later.until;
    later.resume(now);
    assert.equal(next.said.at(-1), "shadows 1");
    edge = next;
  }
  console.error = errors;
  assert.deepEqual(rests.slice(-3), [60_000, 60_000, 60_000]);
  assert.deepEqual(rests.slice(0, 4), [1000, 2000, 4000, 8000]);
});

test("a turn whose instance was replaced meanwhile does nothing", async () => {
  const [later, old, next] = [new Later(), instance(3), instance(3)];
  later.move(old);
  later.waiting = 3;
  later.turn({}, ctx, { later: () => assert.fail("no rows") }, () => assert.fail("nothing panicked"));
  later.move(next);
  await run();
  assert.deepEqual([old.scored, next.scored, next.said], [0, 0, ["left out 0 3"]]);
});
