// Starts the page's module with the reader's language and separators; says so in words when the browser cannot.
import init, { open_saved, start } from "./plumbline_web.js";

const languages = new Set(["de", "ar"]);
const root = document.documentElement;

/** How the reader's locale writes numbers. */
function separators(locale) {
  const parts = new Intl.NumberFormat(locale).formatToParts(1234567.8);
  const part = (type, other) => parts.find((p) => p.type === type)?.value ?? other;
  const percent = new Intl.NumberFormat(locale, { style: "percent" }).formatToParts(0.5);
  const sign = percent.slice(percent.findIndex((p) => p.type === "integer") + 1).map((p) => p.value).join("");
  return [part("decimal", "."), part("group", ","), sign || "%"];
}

/** The words of the language that the address or the browser asks for; none for English. */
async function words() {
  const asked = new URLSearchParams(location.search).get("lang") ?? navigator.language;
  const language = asked.slice(0, 2).toLowerCase();
  if (!languages.has(language)) return ["", "en-US"];
  const answer = await fetch(`text/${language}.json`);
  if (!answer.ok) return ["", "en-US"];
  const text = await answer.text();
  root.lang = language;
  root.dir = JSON.parse(text)._dir ?? "ltr";
  return [text, asked];
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

// A report can be dropped anywhere.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) open_saved(await file.text());
});

try {
  const [[text, locale]] = await Promise.all([words(), init({ module_or_path: new URL("plumbline_web_bg.wasm", import.meta.url) })]);
  const asked = new URLSearchParams(location.hash.split("?")[1] ?? "").get("report");
  const saved = asked?.startsWith("/") && !asked.startsWith("//") ? await (await fetch(asked)).text() : undefined;
  start(text, ...separators(locale), saved);
} catch (error) {
  document.getElementById("start-words").textContent = `The page could not start: ${error.message}`;
  console.error(error);
}
