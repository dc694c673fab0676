// The table of `<lead-list>`: one page of rows in a shadow root. Data enters as text, never as markup.
import { make } from "./element-make.ts";
import { fill, isRightToLeft, short } from "./element-text.ts";
import type { Row } from "./list-score.ts";
import { SHEET } from "./list-sheet.ts";
import type { ListWords } from "./list-words.ts";

/** A column of the page's own: a field of the leads under a name. */
export interface Column {
  field: string;
  label?: string;
}

/** What the table is sorted by: its own `score`, `band` or `reason`, or a field of the leads. */
export interface Order {
  by: string;
  /** Whether `by` is a field of the leads though the list has a column of that name: `score`, `band`, `reason`. Default: no. */
  isField?: boolean;
  isDescending: boolean;
}

const OWN: readonly string[] = ["score", "band", "reason"];

/** Whether an order is by one of the list's own columns. @internal */
export function isOwn({ by, isField }: Pick<Order, "by" | "isField">): boolean {
  return !isField && OWN.includes(by);
}

/** Distinguishes the list's own columns from fields of the same name. @internal */
export function keyOf(order: Pick<Order, "by" | "isField">): string {
  return `${isOwn(order) ? "own" : "field"} ${order.by}`;
}

/** What a person can do in the table. @internal */
export interface Actions {
  sort(by: string, isField: boolean): void;
  turn(pages: number): void;
  select(row: Row): void;
  retry(): void;
}

/** What is shown of a list. @internal */
export interface Shown {
  rows: readonly Row[];
  columns: readonly Column[];
  order: Order;
  page: number;
  pages: number;
}

let sheet: CSSStyleSheet | undefined;

/** A table in one language. @internal */
export class ListView {
  readonly #words: ListWords;
  readonly #number: Intl.NumberFormat;
  readonly #actions: Actions;
  readonly #head = make("tr");
  readonly #body = make("tbody");
  readonly #notes = make("div");
  readonly #progress = make("progress", { part: "progress" });
  readonly #state = make("span", { part: "state" });
  readonly #pages = make("span", { part: "page" });
  readonly #spoken = make("p", { class: "spoken", role: "status" });
  readonly #turns: readonly [HTMLButtonElement, HTMLButtonElement];

  constructor(root: ShadowRoot, words: ListWords, language: string, actions: Actions) {
    this.#words = words;
    this.#actions = actions;
    this.#number = new Intl.NumberFormat(language);
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];
    this.#progress.setAttribute("aria-label", words.title);
    this.#turns = [this.#button("turn", words.previous, () => actions.turn(-1)), this.#button("turn", words.next, () => actions.turn(1))];
    const table = make("table", { part: "table" }, make("caption", { class: "spoken" }, words.title), make("thead", {}, this.#head), this.#body);
    const scroll = make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": words.title }, table);
    const bar = make("div", { class: "bar", part: "bar" }, this.#turns[0], this.#pages, this.#turns[1], this.#progress, this.#state);
    const direction = isRightToLeft(language) ? "rtl" : "ltr";
    root.replaceChildren(make("section", { class: "card", part: "card", lang: language, dir: direction }, this.#notes, scroll, bar, this.#spoken));
  }

  /** Shows how many leads are scored; all is the end. */
  progress(done: number, all: number): void {
    const isOver = done >= all;
    this.#progress.hidden = isOver;
    this.#progress.max = Math.max(all, 1);
    this.#progress.value = done;
    const counts = { done: this.#number.format(done), all: this.#number.format(all) };
    this.#state.textContent = all === 0 ? this.#words.empty : isOver ? "" : fill(this.#words.scoring, counts);
    if (done === 0 || isOver) this.#spoken.textContent = all === 0 ? this.#words.empty : fill(isOver ? this.#words.scored : this.#words.scoring, counts);
  }

  /** Shows why nothing is scored; undefined for no failure. */
  failed(error: { code: string; message: string } | undefined): void {
    this.#notes.replaceChildren();
    if (!error) return;
    const { failed, retry } = this.#words;
    this.#progress.hidden = true;
    this.#state.textContent = "";
    const note = make("p", { part: "error", class: "note" }, `${failed} `, make("bdi", {}, short(error.message)), " ", make("code", {}, short(error.code, 60)));
    this.#notes.append(note, this.#button("retry", retry, () => this.#actions.retry()));
    this.#spoken.textContent = `${failed} ${short(error.message)}`;
  }

  /** Shows one page of rows. */
  show({ rows, columns, order, page, pages }: Shown): void {
    const heads: [string, boolean, string][] = [...columns.map(({ field, label }): [string, boolean, string] => [field, true, label ?? field])];
    for (const own of ["score", "band", "reason"] as const) heads.push([own, false, this.#words[own]]);
    const focused = (this.#head.getRootNode() as ShadowRoot).activeElement?.getAttribute("data-by");
    this.#head.replaceChildren(...heads.map(([by, isField, label]) => this.#headOf(by, isField, label, order)));
    if (focused !== null && focused !== undefined) [...this.#head.querySelectorAll("button")].find((one) => one.getAttribute("data-by") === focused)?.focus();
    this.#body.replaceChildren(...rows.map((row) => this.#rowOf(row, columns)));
    this.#pages.textContent = fill(this.#words.page, { page: this.#number.format(page + 1), pages: this.#number.format(pages) });
    const [previous, next] = this.#turns;
    previous.disabled = page === 0;
    next.disabled = page + 1 >= pages;
    previous.hidden = next.hidden = this.#pages.hidden = pages <= 1;
  }

  #headOf(by: string, isField: boolean, label: string, order: Order): HTMLElement {
    const key = keyOf({ by, isField });
    const button = this.#button("sort", short(label, 60), () => this.#actions.sort(by, isField), { "data-by": key });
    const head = make("th", { scope: "col", ...(!isField && by === "score" && { class: "number" }) }, button);
    if (keyOf(order) === key) head.setAttribute("aria-sort", order.isDescending ? "descending" : "ascending");
    return head;
  }

  #rowOf(row: Row, columns: readonly Column[]): HTMLElement {
    const { withheld, rejected } = this.#words;
    const cells = columns.map(({ field }, place) => {
      const text = this.#value(row.lead?.[field]);
      return place === 0
        ? make("th", { scope: "row" }, this.#button("lead", text || "–", () => this.#actions.select(row)))
        : make("td", {}, make("bdi", {}, text));
    });
    const why = row.explores ? withheld : row.code ? fill(rejected, { code: short(row.code, 60) }) : undefined;
    const score = make("td", { part: "score", class: "number" }, row.score === undefined ? "–" : this.#number.format(row.score));
    const reason = make("td", { part: "reason", ...(why && { class: "muted" }) }, make("bdi", {}, short(why ?? row.reason)));
    return make("tr", { part: "row" }, ...cells, score, make("td", { part: "band" }, short(row.band, 60)), reason);
  }

  #value(value: unknown): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return this.#number.format(value);
    return short(Array.isArray(value) ? value.slice(0, 20).join(", ") : String(value), 120);
  }

  #button(part: string, text: string, act: () => void, attributes: Record<string, string> = {}): HTMLButtonElement {
    const made = make("button", { type: "button", part, ...attributes }, text);
    made.addEventListener("click", act);
    return made;
  }
}
