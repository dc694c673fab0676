// The worker: the plan of a test, the figures of a file and the chain of the ledger, by a module that only it loads. Nothing leaves the device.
import init, { begin, chain, chained, end, feed, head, plan } from "./plumbline_tool.js";

const ready = init({ module_or_path: new URL("tool.wasm", import.meta.url) });
const say = (what, text) => postMessage([`tool:${what}`, 200, "", text]);

/** Bytes that are read at once. */
const PIECE = 1 << 20;
/** Which reading is wanted: a later one ends those before. */
let turn = 0;

async function read({ file, score, outcome, segment = "", scale }) {
  const own = ++turn;
  await ready;
  begin(file.name, score, outcome, segment, scale, 0.5);
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    if (own !== turn) return;
    const wrong = feed(bytes);
    if (at === 0) say("head", head());
    if (wrong) return say("found", wrong);
    say("read", JSON.stringify({ read: at + bytes.length }));
  }
  say("found", end());
}

onmessage = async ({ data }) => {
  try {
    if (data.file) await read(data);
    else if (data.plan) (await ready, say("plan", plan(...data.plan)));
    else if (data.known) (await ready, chain(data.known));
    else if (data.entries) (await ready, say(`chain:${data.run}`, chained(data.entries)));
    else turn++;
  } catch (error) {
    if (data.run) say(`chain:${data.run}`, "null");
    else say("found", JSON.stringify({ detail: error.message }));
  }
};
