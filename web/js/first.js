// The first view by a small module of its own, and what a reader asks for before the whole module has arrived, which then does it.
import init, { first } from "./plumbline_first.js";

/** Whether there is such a module, and the address asks for its view. */
export const is_first = () => !!document.querySelector('link[href="first.wasm"]') && ["", "#", "#/"].includes(location.hash);

/** Width of the content, as the whole module takes it before there is any. */
function width() {
  const all = document.getElementById("main").clientWidth;
  return Math.max(240, all - Math.min(64, Math.max(24, Math.floor(all / 20))));
}

/** The newest event that was marked as seen on this device. */
function seen() {
  try {
    return Number(localStorage.getItem("plumbline-seen")) || 0;
  } catch {
    return 0;
  }
}

/** Draws the first view of the report that `asked` brings; its markup, empty where there is no report, and when it was drawn. */
export async function draw(language, asked) {
  const [[words, locale], [status, , report]] = await Promise.all([language, asked, init({ module_or_path: new URL("first.wasm", import.meta.url) })]);
  const now = Date.now();
  const drawn = status === 200 && first(words, locale, now, width(), document.documentElement.dataset.theme ?? "", seen(), report);
  if (!drawn) return ["", undefined];
  const line = drawn.indexOf("\n");
  const markup = drawn.slice(line + 1);
  document.title = drawn.slice(0, line);
  document.getElementById("app").innerHTML = markup;
  return [markup, now];
}

/** What was asked for, in order: a selector and what is done to the element. */
const asked = [];
/** Says that the whole module is needed now. */
export let want;
const wanted = new Promise((resolve) => (want = resolve));

function note(event) {
  const element = event.target.closest?.("[data-do]");
  const { do: what, arg } = element?.dataset ?? {};
  const selector = element && `[data-do="${CSS.escape(what)}"]${arg === undefined ? "" : `[data-arg="${CSS.escape(arg)}"]`}`;
  const is_field = element?.localName === "input";
  if (event.type === "hashchange") want();
  if (!element || (event.type === "click" && (is_field || element.localName === "form"))) return;
  want();
  if (event.type === "input") {
    asked.push([selector, (field) => ((field.value = element.value), field.dispatchEvent(new Event("input", { bubbles: true })))]);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  asked.push([selector, event.type === "submit" ? (form) => form.requestSubmit() : (button) => button.click()]);
}

const KINDS = ["click", "input", "submit", "hashchange"];
/** What comes before something is asked for. */
const NEAR = ["pointermove", "pointerdown", "keydown", "focusin"];
/** Notes what is asked for from now on. */
export function begin() {
  KINDS.forEach((kind) => addEventListener(kind, note, true));
  NEAR.forEach((kind) => addEventListener(kind, () => want(), { once: true, passive: true }));
}

const idle = () => new Promise((resolve) => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: 1_000 }) : setTimeout(resolve, 200)));

/** Milliseconds that the first view stands alone while nobody touches the page. */
const ALONE = 5_000;

/** What `load` brings once the browser has nothing else to do, when the reader comes near the page, or after a while. */
export async function later(load) {
  await Promise.race([wanted, idle()]);
  const loaded = load();
  await Promise.race([wanted, new Promise((resolve) => setTimeout(resolve, ALONE)).then(idle)]);
  return loaded;
}

/** Does what was asked for, once the whole module has drawn. */
export function end() {
  KINDS.forEach((kind) => removeEventListener(kind, note, true));
  if (asked.length === 0) return;
  const replay = () => asked.forEach(([selector, act]) => [...document.querySelectorAll(selector)].slice(0, 1).forEach(act));
  requestAnimationFrame(() => requestAnimationFrame(replay));
}
