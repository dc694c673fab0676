// Charts and tables as files: CSV of what a table shows, SVG with its colours written in, PNG of it at twice the size.
import { keep } from "./glue.js";

const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "font-family", "font-size", "font-weight", "text-anchor"];

/** A cell of a CSV; what a spreadsheet would take for a formula is a text. */
const cell = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,\s%\u202f]+$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const words = (element) => (element?.textContent ?? "").replace(/[\u200e\u2066-\u2069]/g, "").replace(/\s+/g, " ").trim();

/** Lists whose entries are rows, the parts of an entry its cells. */
const LISTS = ".hero, .answers, .measures, .cards, .goals, .events, .steps, .alerts, .facts, .lines, .ratings, .track, .serving, .noted, .reviews, #plan-answer";

/** The rows of a table or of a list, each an array of texts. */
function rows(block) {
  if (block.localName === "table") return [...block.rows].map((row) => [...row.cells].map(words));
  if (block.matches(".hero, #plan-answer")) return [[...block.children].map(words)];
  const entries = [...block.children];
  if (block.matches("dl") && entries.some((entry) => entry.localName === "dt")) return entries.filter((entry) => entry.localName === "dt").map((term) => [words(term), words(term.nextElementSibling)]);
  return entries.map((entry) => (entry.children.length ? [...entry.children].map(words) : [words(entry)]));
}

/** The tables and lists in `root`, each under its name where there are several. */
function csv(root) {
  const all = [...root.querySelectorAll(`table, ${LISTS}`)];
  // The parts of a container are read instead of the container.
  const blocks = all.filter((block) => !all.some((other) => other !== block && block.contains(other)));
  const name = (block) => words(block.closest("figure, section")?.querySelector("h1, h2") ?? block);
  const lines = blocks.flatMap((block, place) => [
    ...(place ? [""] : []),
    ...(blocks.length > 1 && !block.matches(".hero, .answers, .cards, .track") ? [cell(name(block))] : []),
    ...rows(block).map((row) => row.filter((text, at) => text || at === 0 || block.localName === "table").map(cell).join(",")),
  ]);
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** The drawing by itself: computed colours as attributes, on the colour of its card. */
function drawn(svg) {
  const copy = svg.cloneNode(true);
  const own = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, place) => {
    const computed = getComputedStyle(own[place]);
    for (const name of STYLES) if (computed.getPropertyValue(name)) element.setAttribute(name, computed.getPropertyValue(name));
    element.removeAttribute("class");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  paper.setAttribute("width", "100%");
  paper.setAttribute("height", "100%");
  paper.setAttribute("fill", getComputedStyle(svg.closest(".card") ?? document.body).backgroundColor);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

async function picture(text, width, height) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** Tables that are not drawn until they are opened are opened first. */
async function opened(root) {
  const closed = [...root.querySelectorAll("details[data-open]:not([open])")];
  closed.forEach((details) => (details.open = true));
  // Opening is heard of later than it happens, and drawn after that.
  const is_empty = () => closed.some((details) => details.isConnected && details.querySelector("table:not(:has(tbody > *))"));
  for (let tries = 0; tries < 4 || (is_empty() && tries < 120); tries++) await frame();
  const text = csv(root);
  closed.forEach((details) => (details.open = false));
  return text;
}

/** Hands over what the button `button` stands for. */
export async function save(button) {
  const figure = button.closest("figure") ?? document.getElementById("main");
  const kind = button.dataset.arg;
  const name = `plumbline-${figure.id === "main" ? location.hash.split("?")[0].replace(/\W+/g, "-").replace(/^-|-$/g, "") || "overview" : figure.id}.${kind}`;
  if (kind === "csv") return keep(name, "text/csv", await opened(figure));
  const svg = figure.querySelector("svg[role=img]");
  const text = drawn(svg);
  if (kind === "svg") return keep(name, "image/svg+xml", text);
  keep(name, "image/png", await picture(text, svg.clientWidth || svg.width.baseVal.value, svg.clientHeight || svg.height.baseVal.value));
}
