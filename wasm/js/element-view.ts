// The card of `<lead-score>`: its parts in a shadow root, and what they show. Data enters as text, never as markup.
import type { Change } from "./element-change.ts";
import type { Scored } from "./element-connection.ts";
import { make } from "./element-make.ts";
import { SHEET } from "./element-sheet.ts";
import { fill, isRightToLeft, short } from "./element-text.ts";
import type { Words } from "./element-words.ts";
import type { Reason, Score } from "./types.ts";

/** What a person can do in the card. @internal */
export interface Actions {
  retry(): void;
  thumb(isUp: boolean): void;
  /** The person writes a reason. */
  writes(): void;
  /** The reason; undefined for none. */
  reason(text: string | undefined): void;
}

/** How a card is written. @internal */
export interface Style {
  words: Words;
  language: string;
  /** Reasons in the card; the details have all. */
  reasons: number;
}

let sheet: CSSStyleSheet | undefined;

/** One card. @internal */
export class View {
  readonly #style: Style;
  readonly #number: Intl.NumberFormat;
  readonly #signed: Intl.NumberFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #card = make("section", { part: "card", class: "card" });
  readonly #score = make("span", { part: "score", class: "score" });
  readonly #band = make("span", { part: "band", class: "band" });
  readonly #notes = make("div");
  readonly #reasons = make("ul", { part: "reasons", class: "reasons" });
  readonly #change = make("p", { part: "change", class: "change" });
  readonly #feedback = make("div", { part: "feedback", class: "feedback", role: "group" });
  readonly #why = make("form", { part: "why", class: "why" });
  readonly #input = make("input", { id: "why", autocomplete: "off", maxlength: "1000" });
  readonly #more = make("div", { class: "more" });
  readonly #panel = make("div", { part: "details", class: "panel scroll", id: "panel", role: "group", tabindex: "0" });
  readonly #model = make("p", { part: "model", class: "model" });
  readonly #spoken = make("p", { class: "spoken", role: "status", "aria-live": "polite" });
  readonly #retry: HTMLButtonElement;
  readonly #thumbs: readonly [HTMLButtonElement, HTMLButtonElement];

  constructor(root: ShadowRoot, style: Style, actions: Actions) {
    this.#style = style;
    const { words, language } = style;
    this.#number = new Intl.NumberFormat(language);
    this.#signed = new Intl.NumberFormat(language, { signDisplay: "exceptZero" });
    this.#date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];

    const button = (part: string, text: string, act: () => void, attributes: Record<string, string> = {}) => {
      const made = make("button", { type: "button", part, ...attributes }, text);
      made.addEventListener("click", act);
      return made;
    };
    const [up, down] = [true, false].map((isUp) =>
      button("thumb", isUp ? "👍" : "👎", () => actions.thumb(isUp), { "aria-pressed": "false", "aria-label": isUp ? words.up : words.down, title: isUp ? words.up : words.down }),
    ) as [HTMLButtonElement, HTMLButtonElement];
    this.#thumbs = [up, down];
    this.#feedback.append(make("span", { id: "question" }, words.question), up, down);
    this.#feedback.setAttribute("aria-labelledby", "question");

    this.#input.addEventListener("input", () => actions.writes());
    this.#why.addEventListener("keydown", ({ key }) => key === "Escape" && actions.reason(undefined));
    this.#why.addEventListener("submit", (event) => {
      event.preventDefault();
      actions.reason(this.#input.value.trim() || undefined);
    });
    this.#why.append(make("label", { for: "why" }, words.why), this.#input, make("button", { type: "submit", part: "send" }, words.send), button("skip", words.skip, () => actions.reason(undefined)));

    const more = button("more", words.details, () => {
      this.#panel.hidden = !this.#panel.hidden;
      more.setAttribute("aria-expanded", String(!this.#panel.hidden));
    }, { "aria-expanded": "false", "aria-controls": "panel" });
    this.#panel.hidden = true;
    this.#panel.setAttribute("aria-label", words.details);
    this.#more.append(more, this.#panel);

    this.#retry = button("retry", words.retry, () => actions.retry(), { class: "retry" });
    this.#card.setAttribute("aria-label", words.title);
    this.#card.lang = language;
    this.#card.dir = isRightToLeft(language) ? "rtl" : "ltr";
    this.#card.append(make("div", { class: "head" }, this.#score, this.#band), this.#notes, this.#reasons, this.#change, this.#more, this.#feedback, this.#why, this.#model, this.#spoken);
    root.replaceChildren(this.#card);
    this.thumbed(undefined);
  }

  /** Shows that a lead is being scored: the last score stays until the next is there. */
  loading(): void {
    const isFirst = this.#score.textContent === "";
    this.#card.setAttribute("aria-busy", "true");
    if (isFirst) this.#notice(this.#style.words.loading);
  }

  /** Shows that there is no lead. */
  empty(): void {
    this.#blank();
    this.#notice(this.#style.words.empty);
  }

  /** Shows why there is no score. */
  failed(code: string, detail: string): void {
    this.#blank();
    const { words } = this.#style;
    const note = make("p", { part: "error", class: "note error" }, `${words.failed} `, make("bdi", {}, short(detail)), " ", make("code", {}, short(code, 60)));
    this.#notes.replaceChildren(note, this.#retry);
    this.#say(`${words.failed} ${short(detail)}`);
  }

  /** Shows a score, and what it was before. */
  show(scored: Scored, change: Change | undefined, state: { canAnswer: boolean; isStale: boolean }): void {
    const { words, language } = this.#style;
    const { score, explores } = scored;
    this.#card.removeAttribute("aria-busy");
    const known = score.reasons.filter(({ value }) => value !== null && value !== undefined);
    const isUnknown = score.base !== undefined && known.length === 0;
    const notes: HTMLElement[] = [];
    const note = (part: string, text: string) => notes.push(make("p", { part, class: "note" }, text));
    if (explores) note("explores", words.explores);
    if (isUnknown && !explores) note("not-enough", words.not_enough);
    if (score.unknown_values?.length) {
      const labels = new Map(score.reasons.map(({ field, label }) => [field, label ?? field]));
      note("unknown-values", fill(words.unknown_values, { fields: list(score.unknown_values.slice(0, 10).map((field) => short(labels.get(field) ?? field, 60)), language) }));
    }
    this.#notes.replaceChildren(...notes);

    this.#score.textContent = explores ? "–" : this.#number.format(score.score);
    this.#band.textContent = explores ? "" : short(score.band, 60);
    this.#band.hidden = this.#band.textContent === "";
    this.#reasons.hidden = this.#change.hidden = this.#more.hidden = explores;
    if (!explores) {
      this.#explain(score);
      this.#changed(change);
      this.#detail(score);
    }
    const source = scored.source === "page" ? words.in_page : words.by_service;
    const about = fill(words.model, { name: short(score.model.name, 60), version: short(score.model.version, 60), date: this.#date.format() });
    this.#model.textContent = [about, source, ...(state.isStale ? [fill(words.stale, { date: this.#date.format(scored.checked_ms) })] : [])].join(" · ");
    this.#feedback.hidden = !state.canAnswer || explores;
    const spoken = explores ? words.explores : fill(words.spoken, { score: this.#number.format(score.score), band: short(score.band, 60) });
    this.#say([spoken, ...(isUnknown ? [words.not_enough] : [])].join(". "));
  }

  /** Shows which thumb was given, and asks for the reason. */
  thumbed(isUp: boolean | undefined, asks = false): void {
    this.#thumbs.forEach((thumb, place) => thumb.setAttribute("aria-pressed", String(isUp === (place === 0))));
    this.#why.hidden = !asks;
    if (asks) this.#input.focus();
    else this.#input.value = "";
  }

  /** Says something about feedback, for all to see and hear. */
  remark(key: "thanks" | "queued" | "rejected", values: Record<string, string> = {}): void {
    const said = fill(this.#style.words[key], values);
    this.#feedback.querySelector("[part=remark]")?.remove();
    this.#feedback.append(make("span", { part: "remark" }, said));
    this.#say(said);
  }

  /** Brings the keyboard back to the thumb that was given, from the form that closes. */
  refocus(isUp: boolean): void {
    this.#thumbs[isUp ? 0 : 1].focus();
  }

  #blank(): void {
    this.#card.removeAttribute("aria-busy");
    this.#score.textContent = this.#band.textContent = this.#model.textContent = "";
    this.#band.hidden = this.#reasons.hidden = this.#change.hidden = this.#more.hidden = this.#feedback.hidden = this.#why.hidden = true;
  }

  #notice(text: string): void {
    this.#blank();
    this.#notes.replaceChildren(make("p", { part: "state", class: "note" }, text));
    this.#say(text);
  }

  #say(text: string): void {
    if (this.#spoken.textContent !== text) this.#spoken.textContent = text;
  }

  /** The strongest reasons, and a line for all others: average + reasons + others = score. */
  #explain(score: Score): void {
    const { words, reasons } = this.#style;
    this.#reasons.setAttribute("aria-label", words.reasons);
    if (score.base === undefined) return this.#reasons.replaceChildren(make("li", { part: "reason" }, words.no_reasons));
    const shown = score.reasons.slice(0, reasons);
    const others = score.score - score.base - sum(shown);
    const item = ({ text, points }: Reason) => make("li", { part: "reason", class: points < 0 ? "down" : "up", "data-points": String(points) }, make("bdi", {}, short(text)));
    this.#reasons.replaceChildren(
      ...shown.map(item),
      make("li", { part: "others", class: "rest", "data-points": String(others) }, `${words.others}: ${this.#signed.format(others)}`),
      make("li", { part: "average", class: "rest", "data-points": String(score.base) }, `${words.average}: ${this.#number.format(score.base)}`),
    );
  }

  #changed(change: Change | undefined): void {
    const { words, language } = this.#style;
    this.#change.hidden = change === undefined;
    if (!change) return;
    const { from, to, at, models, fields, rest } = change;
    const [before, after] = [this.#number.format(from), this.#number.format(to)];
    const parts = [fill(words.changed, { date: this.#date.format(at), from: before, to: after, points: this.#signed.format(to - from) })];
    if (models) parts.push(fill(words.changed_model, { from: short(models[0], 60), to: short(models[1], 60) }));
    const main = fields.slice(0, 3);
    const left = rest + fields.slice(3).reduce((all, { points }) => all + points, 0);
    const named = [...main.map(({ label, points }) => `${short(label, 60)} ${this.#signed.format(points)}`), ...(left === 0 ? [] : [`${words.others} ${this.#signed.format(left)}`])];
    if (named.length > 0) parts.push(fill(words.changed_by, { fields: list(named, language) }));
    this.#change.textContent = parts.join(". ");
  }

  /** All contributions: a table whose last column is its chart. */
  #detail(score: Score): void {
    const { words } = this.#style;
    this.#more.hidden = score.base === undefined;
    if (score.base === undefined) return;
    const widest = Math.max(1, ...score.reasons.map(({ points }) => Math.abs(points)));
    const cell = (text: string, type = "") => make("td", type ? { class: type } : {}, text);
    const row = (label: string, value: string, points: number, signed: boolean, isBar: boolean) => {
      const bar = make("span", { class: points < 0 ? "bar down" : "bar" });
      bar.style.setProperty("--size", String(Math.abs(points) / widest));
      const name = make("th", { scope: "row" }, make("bdi", {}, label));
      const chart = make("td", { class: "chart", "aria-hidden": "true" }, ...(isBar ? [bar] : []));
      const number = make("td", { class: "number", "data-points": String(points) }, (signed ? this.#signed : this.#number).format(points));
      return make("tr", {}, name, cell(value), number, chart);
    };
    const head = [words.field, words.value, words.points].map((text, place) => make("th", { scope: "col", ...(place === 2 && { class: "number" }) }, text));
    const rest = score.score - score.base - sum(score.reasons);
    this.#panel.replaceChildren(
      make("table", { part: "table" },
        make("thead", {}, make("tr", {}, ...head, make("td", { class: "chart", "aria-hidden": "true" }))),
        make("tbody", {},
          row(words.average, "", score.base, false, false),
          ...score.reasons.map((reason) => row(short(reason.label ?? reason.field, 60), this.#value(reason.value), reason.points, true, true)),
          ...(rest === 0 ? [] : [row(words.others, "", rest, true, true)]),
          row(words.total, "", score.score, false, false))),
    );
  }

  #value(value: Reason["value"] | undefined): string {
    if (value === null || value === undefined) return this.#style.words.missing;
    if (typeof value === "number") return this.#number.format(value);
    return short(Array.isArray(value) ? value.slice(0, 20).join(", ") : String(value));
  }
}

function sum(reasons: readonly Reason[]): number {
  return reasons.reduce((all, { points }) => all + points, 0);
}

function list(items: readonly string[], language: string): string {
  return new Intl.ListFormat(language, { type: "unit" }).format(items);
}
