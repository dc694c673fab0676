// Draws the overview by a small module, and queues what the reader does until the whole module can do it.
import { pause } from "./glue.js";
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

/** The longest that the whole module waits for the first view, in milliseconds. */
const PATIENCE = 3_000;
const NONE = ["", undefined];
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Draws the first view of the report that `early` brings; its markup, empty where there is none in time, and when it was drawn. */
export async function draw(language, early) {
  let is_over = false;
  const drawing = async () => {
    const [[words, locale], [status, , report]] = await Promise.all([language, early, init({ module_or_path: new URL("first.wasm", import.meta.url) })]);
    if (is_over || status !== 200 || !is_first()) return NONE;
    const now = Date.now();
    const made = (wide) => first(words, locale, now, wide, document.documentElement.dataset.theme ?? "", seen(), report);
    // Views and their layout are a task each.
    const put = async (wide) => {
      const drawn = made(wide);
      await pause();
      if (!drawn || is_over || !is_first()) return "";
      const line = drawn.indexOf("\n");
      document.title = drawn.slice(0, line);
      return (document.getElementById("app").innerHTML = drawn.slice(line + 1));
    };
    const guessed = width();
    const markup = await put(guessed);
    await pause();
    // Scroll bars and paddings show only now.
    const wide = document.querySelector(".top")?.clientWidth ?? guessed;
    // Where the second drawing comes too late, the first one stands.
    return [wide === guessed || !markup ? markup : (await put(wide)) || markup, now];
  };
  const begun = drawing().catch((error) => (console.warn(error), NONE));
  const failed = early.then(([status]) => (status === 200 ? begun : NONE));
  const drawn = await Promise.race([begun, failed, wait(PATIENCE).then(() => NONE)]);
  is_over = true;
  return drawn;
}

/** What was asked for, once each: what is done to the first element of a selector. */
const asked = new Map();
/** Says that the whole module is needed now. */
export let want;
const wanted = new Promise((resolve) => (want = resolve));

function note(event) {
  const element = event.target.closest?.("[data-do]");
  const { do: what, arg } = element?.dataset ?? {};
  const is_field = element?.localName === "input";
  if (event.type === "hashchange") begin_wait();
  // These need no module.
  if (!element || what === "copy" || what === "print" || (event.type === "click" && (is_field || element.localName === "form"))) return;
  begin_wait();
  const selector = `[data-do="${CSS.escape(what)}"]${arg === undefined ? "" : `[data-arg="${CSS.escape(arg)}"]`}`;
  if (event.type === "input") {
    const { value } = element;
    asked.set(`${selector} input`, [selector, (field) => ((field.value = value), field.dispatchEvent(new Event("input", { bubbles: true })))]);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  asked.set(`${selector} ${event.type}`, [selector, event.type === "submit" ? (form) => form.requestSubmit() : (button) => button.click()]);
}

/** Shows that something was asked for and is on its way. */
function begin_wait() {
  want();
  document.body.style.cursor = "progress";
  document.getElementById("main").ariaBusy = "true";
}

const KINDS = ["click", "input", "submit", "hashchange"];
/** Events that suggest that the reader is about to act. */
const NEAR = ["pointermove", "pointerdown", "keydown", "focusin", "resize"];
/** Queues what is asked for from now on. */
export function begin() {
  KINDS.forEach((kind) => addEventListener(kind, note, true));
  NEAR.forEach((kind) => addEventListener(kind, () => want(), { once: true, passive: true }));
}

const idle = () => new Promise((resolve) => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: 1_000 }) : setTimeout(resolve, 200)));

/** Milliseconds that the first view stands alone while the page is not touched. */
const ALONE = 5_000;

/** What `load` brings once the browser is idle, when the reader is about to act, or after a while. */
export async function later(load) {
  await Promise.race([wanted, idle()]);
  const loaded = load();
  await Promise.race([wanted, wait(ALONE).then(idle), loaded.then(() => wanted)]);
  return loaded;
}

/** Queues no more. */
export function cancel() {
  KINDS.forEach((kind) => removeEventListener(kind, note, true));
  document.body.style.cursor = "";
  document.getElementById("main")?.removeAttribute("aria-busy");
}

/** Does what was asked for, once the whole module has drawn. */
export function end() {
  cancel();
  const is_elsewhere = !["", "#", "#/"].includes(location.hash);
  if (is_elsewhere) scrollTo(0, 0);
  const replay = () => {
    if (is_elsewhere) document.getElementById("main").focus();
    for (const [selector, act] of asked.values()) [...document.querySelectorAll(selector)].slice(0, 1).forEach(act);
  };
  if (asked.size > 0 || is_elsewhere) requestAnimationFrame(() => requestAnimationFrame(replay));
}
