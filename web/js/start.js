// Starts the page's module with the reader's language and separators; says so in words when the browser cannot.
import init, { file as document_of, heard, inline_script, open_saved, shown_report, start, tick } from "./plumbline_web.js";
import { save } from "./export.js";
import * as first from "./first.js";
import { choose, hurry, keep, listen, pause } from "./glue.js";

const languages = new Set(["de", "ar"]);
const root = document.documentElement;

/** The minutes that the reader's clock is ahead of UTC, with the times since when: over a year back and half a year on. */
function offsets(now) {
  const ahead = (ms) => -new Date(ms).getTimezoneOffset();
  // Asking costs a tenth of a millisecond, and no clock is changed twice within a week.
  const week = 7 * 86_400_000;
  const found = [[now - 58 * week, ahead(now - 58 * week)]];
  for (let at = now - 58 * week; at < now + 29 * week; at += week) {
    if (ahead(at + week) === found.at(-1)[1]) continue;
    let [before, after] = [at, at + week];
    while (after - before > 60_000) {
      const middle = (before + after) / 2;
      if (ahead(middle) === found.at(-1)[1]) before = middle;
      else after = middle;
    }
    found.push([Math.floor(after / 60_000) * 60_000, ahead(after)]);
  }
  return found;
}

/** How `locale` writes numbers and times, as the module reads it. The first formatter of numbers takes
 * 115 to 155 ms on a processor four times slower, the first of dates 27 to 39 ms, any other 4 ms at most: each is made once, these two in tasks of
 * their own. */
async function conventions(locale, now) {
  await pause();
  const parts = new Intl.NumberFormat(locale).formatToParts(-1234567.8);
  const part = (type, other) => parts.find((p) => p.type === type)?.value ?? other;
  const percent = new Intl.NumberFormat(locale, { style: "percent" }).formatToParts(0.5);
  const plain = (text) => text.replace(/[\u200e\u200f\u061c]/g, "");
  const sign = plain(percent.slice(percent.findIndex((p) => p.type === "integer") + 1).map((p) => p.value).join(""));
  const asked = { day: "numeric", month: "short", timeZone: "UTC" };
  await pause();
  const date = new Intl.DateTimeFormat(locale, asked);
  const moment = new Intl.DateTimeFormat(locale, { ...asked, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const one = (formatter, ms, type) => formatter.formatToParts(ms).find((p) => p.type === type)?.value ?? "";
  const slots = { weekday: "{w}", day: "{d}", month: "{m}", hour: "{t}" };
  // Hours and minutes are one slot; what stands between them goes.
  const pattern = (formatter) => {
    const all = formatter.formatToParts(0);
    const [first, last] = [all.findIndex((p) => p.type === "hour"), all.findIndex((p) => p.type === "minute")];
    return plain(all.filter((_, place) => first < 0 || place <= first || place > last).map((p) => slots[p.type] ?? p.value).join(""));
  };
  await pause();
  const months = Array.from({ length: 12 }, (_, month) => one(date, Date.UTC(2026, month, 15), "month"));
  const weekdays = Array.from({ length: 7 }, (_, day) => one(moment, Date.UTC(2026, 5, 1 + day), "weekday"));
  const zone = one(new Intl.DateTimeFormat(locale, { timeZoneName: "short" }), now, "timeZoneName");
  return JSON.stringify({
    decimal: part("decimal", "."),
    group: part("group", ","),
    // English as the service's own sentences have it.
    percent: root.lang === "en" ? "\u00a0%" : sign || "%",
    mark: root.dir === "rtl" ? "\u200e" : "",
    months,
    weekdays,
    date: pattern(date),
    moment: pattern(moment),
    zone,
    offsets: offsets(now),
    ahead: -new Date(now).getTimezoneOffset(),
  });
}

/** The language that was chosen on this device, if any. */
function chosen() {
  try {
    return localStorage.getItem("plumbline-language");
  } catch {
    return null;
  }
}

/** The words of the language that the address, this device or the browser asks for, and its locale; none for English. */
async function words() {
  const asked = new URLSearchParams(location.search).get("lang") || chosen() || navigator.language;
  const language = asked.slice(0, 2).toLowerCase();
  const english = ["", language === "en" && asked.length > 2 ? asked : navigator.language.startsWith("en-") ? navigator.language : "en-GB"];
  if (!languages.has(language) || location.protocol === "file:") return english;
  const answer = await fetch(`text/${language}.json`);
  if (!answer.ok) return english;
  const text = await answer.text();
  root.lang = language;
  root.dir = JSON.parse(text)._dir ?? "ltr";
  // The region of the browser where it speaks the language. Digits as the charts have them, whatever the language's own are.
  const region = navigator.language.startsWith(`${language}-`) ? navigator.language : asked;
  return [text, `${region}-u-nu-latn`];
}

/** What `packed` text of `web/src/file.rs` holds: gzip in pairs of 186 characters, 15 bits each. */
function unpacked(text) {
  const value = (at) => {
    const code = text.charCodeAt(at);
    return code > 160 ? code - 70 : code - 33 - (code > 38) - (code > 60) - (code > 92);
  };
  const bytes = new Uint8Array(text.length);
  let [held, bits, place] = [0, 0, 0];
  for (let at = 0; at + 1 < text.length; at += 2) {
    held |= (value(at) + 186 * value(at + 1)) << bits;
    for (bits += 15; bits >= 8; bits -= 8, held >>>= 8) bytes[place++] = held & 255;
  }
  // An odd digit at the end holds what is left of the last byte.
  if (text.length % 2) bytes[place++] = held | (value(text.length - 1) << bits);
  return new Response(new Blob([bytes.subarray(0, place)]).stream().pipeThrough(new DecompressionStream("gzip")));
}

/** The module, compiled off the main thread where the server names its type: from its own file, or from this page where it is one file. */
async function module() {
  const inside = document.getElementById("module");
  const answer = inside ? unpacked(inside.textContent) : await fetch(new URL("plumbline_web_bg.wasm", import.meta.url));
  const is_named = answer.headers.get("content-type")?.startsWith("application/wasm");
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return is_named ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

/** The saved report that this file holds or the address names. */
async function saved() {
  const inside = document.getElementById("report");
  if (inside) return unpacked(inside.textContent).text();
  const asked = new URLSearchParams(location.hash.split("?")[1] ?? "").get("report");
  // Of this origin alone.
  return asked?.startsWith("/") && !asked.startsWith("//") ? (await fetch(asked)).text() : undefined;
}

try {
  const theme = localStorage.getItem("plumbline-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
} catch {}

// The skip link moves the focus without touching the address, which holds the view.
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});

const is_table = (file) => /\.(csv|tsv|txt)$/i.test(file.name) || file.type === "text/csv";
let has_started;
/** The whole module has started. */
const started = new Promise((resolve) => (has_started = resolve));

async function open(file) {
  first.want();
  await started;
  if (file) await (is_table(file) ? choose(file) : open_saved(file.size > 5_000_000 ? "" : await file.text(), file.size));
}

// A report can be dropped anywhere, or chosen.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  open(event.dataTransfer.files[0]);
});
document.addEventListener("change", ({ target }) => {
  if (/^open-/.test(target.id)) open(target.files[0]);
  if (target.id === "language") {
    try {
      localStorage.setItem("plumbline-language", target.value);
    } catch {}
    // Its words are loaded when the page starts.
    location.assign(location.pathname + location.hash);
    location.reload();
  }
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-do=print]")) window.print();
  if (target.closest("[data-do=mail]")) mail().catch(({ message }) => (document.getElementById("said").textContent = `The file was not made: ${message}.`));
  const button = target.closest("[data-do=export], [data-do=copy]");
  if (button?.dataset.do === "copy") navigator.clipboard.writeText(button.dataset.arg);
  else if (button) save(button);
});

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const sha256 = async (text) => base64(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

/** The page and its report as one file. */
async function mail() {
  const get = async (name) => {
    const answer = await fetch(new URL(name, import.meta.url));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer;
  };
  const [style, script, wasm] = await Promise.all([get("page.css").then((a) => a.text()), get("mailed.js").then((a) => a.text()), get("plumbline_web_bg.wasm")]);
  const zip = async (body) => new Uint8Array(await new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
  const [module, report] = [await zip(wasm.body), await zip(new Blob([shown_report()]).stream())];
  const text = document_of(style, script, module, report, await sha256(style), await sha256(inline_script(script)));
  // One byte a character, as the file says of itself.
  keep("plumbline-report.html", "text/html", Uint8Array.from(text, (c) => c.charCodeAt(0)));
}

const early = document.getElementById("report") || location.hash.includes("report=/") ? undefined : hurry();

const slow = setTimeout(() => {
  const words = document.getElementById("start-words");
  if (words) words.textContent = "The service has not answered for 5 s. Reload the page to try again.";
}, 5_000);
try {
  // While the module is on its way.
  const language = words().then(async ([text, locale]) => [text, await conventions(locale, Date.now())]);
  let [begun, now] = ["", undefined];
  if (early && first.is_first()) {
    first.begin();
    [begun, now] = await first.draw(language, early);
  }
  const [[text, locale], report, compiled] = await Promise.all([language, saved(), begun ? first.later(module) : module()]);
  await init({ module_or_path: compiled });
  listen(heard);
  // The report is as old as the view that was drawn of it.
  start(text, locale, now ?? Date.now(), report, begun);
  has_started();
  root.dataset.started = "";
  first.end();
  // A page that is one file has no worker.
  if (location.protocol === "file:") heard("tool:file-page", 0, "", "");
  setInterval(() => tick(Date.now(), document.hidden, navigator.onLine), 1_000);
} catch (error) {
  console.error(error);
  first.cancel();
  // What the first view says of its age would no longer be true.
  document.querySelector(".age")?.remove();
  const place = document.getElementById("start-words") ?? document.getElementById("said");
  place.className = "banner warn";
  place.textContent = `The page could not start: ${error.message}. What it shows does not change any more. Reload it to try again.`;
} finally {
  clearTimeout(slow);
}
