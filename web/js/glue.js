// What the module asks of the browser beside its document: putting markup in, requests, scores, files to keep.
import { Idiomorph } from "idiomorph";

const whole = new Set(["svg", "tr", "li", "section", "nav", "figure", "g"]);
const sheet = document.createElement("template");
const config = {
  morphStyle: "innerHTML",
  callbacks: {
    // <details> and <dialog> are opened by people and by showModal(); markup does not close them.
    beforeAttributeUpdated: (name, element) => !(name === "open" && (element.localName === "details" || element.localName === "dialog")),
    // What did not change is not walked. This is safe because the value of every input is in the markup.
    beforeNodeMorphed: (old, next) => !(whole.has(old.localName) && old.isEqualNode(next)),
  },
};

/** Makes the children of `target` what `html` says, keeping what is the same. */
export function morph(target, html) {
  sheet.innerHTML = html;
  Idiomorph.morph(target, sheet.content.childNodes, config);
}

/** Hands `text` to the browser as a file. */
export function keep(name, kind, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Ends the task, so that the browser may draw or take input first. Timers of a hidden page wait for a second; messages do not. */
export const pause = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), resolve());
    port2.postMessage(0);
  });

let heard;
/** `hear(what, status, tag, text)` takes every answer; status 0 says that there was none. */
export const listen = (hear) => (heard = hear);

/** The longest wait for an answer, in milliseconds. */
const PATIENCE = 8_000;

/** What the service answers to `path`: status, ETag, text; status 0 where it does not. */
async function answer(path, init) {
  try {
    const got = await fetch(path, { ...init, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return [got.status, got.headers.get("etag") ?? "", await got.text()];
  } catch (error) {
    return [0, "", error.message];
  }
}

/** The answer to the first request for the report, which is under way before the module has arrived. */
let early;
export const hurry = () => (early = answer("v1/report"));

/** Asks the service; the answer arrives as `what`. */
export async function ask(what, method, path, key, tag, body) {
  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  if (tag) headers[method === "GET" ? "if-none-match" : "if-match"] = tag;
  if (body) headers["content-type"] = "application/json";
  const begun = what === "report" && !key && !tag ? early : undefined;
  if (what === "report") early = undefined;
  heard(what, ...(await (begun ?? answer(path, { method, headers, body: body || undefined }))));
}

/** Loaded models by the address of their bundle. */
const models = new Map();

async function model(bundle) {
  const { Model } = await import("./scorer.js");
  const answer = await fetch(bundle);
  if (!answer.ok) throw new Error(`${bundle}: ${answer.status}`);
  const loaded = await Model.load(await answer.arrayBuffer());
  heard("lead:bands", 200, "", JSON.stringify(loaded.card));
  return loaded;
}

/** Scores `lead` in this page with the model in `bundle`; the score, or what is wrong with the lead, arrives as `what`. */
export async function score(what, bundle, lead, now) {
  try {
    if (!models.has(bundle)) models.set(bundle, model(bundle));
    heard(what, 200, "", JSON.stringify((await models.get(bundle)).score(lead, { now, reasons: 1_000 })));
  } catch ({ code, message, problems }) {
    if (code === undefined) models.delete(bundle);
    heard(what, code === undefined ? 0 : 422, "", JSON.stringify({ code, detail: message, errors: problems }));
  }
}

let worker;
/** The worker, from the first time that it is asked for something. */
function tell(message) {
  if (!worker) {
    worker = new Worker(new URL("tool.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => heard(...data);
    // The next request tries again.
    worker.onerror = () => ((worker = undefined), heard("tool:none", 0, "", ""));
  }
  worker.postMessage(message);
}

export const plan = (numbers) => tell({ plan: [...numbers] });

export const chain = (run, known) => tell({ run, known });
export const chained = (run, entries) => tell({ run, entries });

let chosen;
/** Chooses the file that `read_sheet` reads. */
export function choose(file) {
  chosen = file;
  heard("tool:file", 200, "", JSON.stringify({ name: file.name, size: file.size }));
}
export const read_sheet = (score, outcome, segment, scale) => chosen && tell({ file: chosen, score, outcome, segment, scale });
export const stop_sheet = () => tell({});
