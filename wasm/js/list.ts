// Entry point `./list`: `<lead-list>`, a table of leads in the order of their scores.
import { type Connection, connect, PlumblineError } from "./element.ts";
import { languageOf, optionsOf } from "./element-attributes.ts";
import { type Row, scoreRows, type ScoredBy, unscored } from "./list-score.ts";
import { Slices } from "./list-slices.ts";
import { sorted } from "./list-sort.ts";
import { type Column, isOwn, keyOf, ListView, type Order } from "./list-view.ts";
import { type ListWords, listWordsOf } from "./list-words.ts";
import type { Lead } from "./types.ts";

export { type ConnectOptions, connect, type Connection, type Mode, PlumblineError } from "./element.ts";
export type { Row, ScoredBy } from "./list-score.ts";
export type { Column, Order } from "./list-view.ts";
export type { ListWords } from "./list-words.ts";
export type { Lead, LeadValue } from "./types.ts";

/** What `lead-list-scored` has in its `detail`. */
export interface ListScored {
  /** In the order shown. */
  rows: readonly Row[];
  by: ScoredBy;
}

/** Rows of a page at most. */
const MOST_SHOWN = 200;

const Base = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

/**
 * `<lead-list service="https://…" key="pl_…">`: scores leads and shows them in the order of their scores.
 *
 * Attributes: `service`, `key`, `mode`, `rep`, `lang` and `theme` as those of `<lead-score>`; `page-size` (rows of a page, 1 to 200, 50);
 * `no-worker`: the page scores in slices of its own thread.
 * Properties: `leads`, `columns`, `order`, `words`, `connection`. Events: `lead-list-scored` with {@link ListScored}, `lead-selected` with the
 * {@link Row} whose lead was clicked, `lead-failed` with a {@link PlumblineError}; they bubble.
 */
export class LeadList extends Base {
  static readonly observedAttributes = ["service", "key", "mode", "rep", "lang", "page-size"];

  #leads: readonly Lead[] = [];
  /** A row for each lead, once there was time to make them. */
  #rows: Row[] = [];
  #sorted: readonly Row[] = [];
  #columns: readonly Column[] = [{ field: "lead_id" }];
  #order: Order = { by: "score", isDescending: true };
  #words: Partial<ListWords> = {};
  #connection: Connection | undefined;
  #isGiven = false;
  #root: ShadowRoot | undefined;
  #view: ListView | undefined;
  #page = 0;
  /** Count the scorings and the sortings: older ones are dropped. */
  #turn = 0;
  #sorting = 0;
  #isAsked = false;
  /** The rows that are shown, once they are scored. */
  #shown: readonly Row[] = [];
  /** Scores that a person has seen: lead, version and probability. */
  readonly #exposed = new Set<string>();
  #watch: IntersectionObserver | undefined;
  readonly #redeployed = () => this.#ask();

  /** The leads; setting them scores them. */
  get leads(): readonly Lead[] {
    return this.#leads;
  }

  set leads(leads: readonly Lead[] | undefined | null) {
    this.#leads = [...(leads ?? [])];
    this.#sorted = this.#rows = [];
    this.#page = 0;
    this.#ask();
  }

  /** Fields of the leads that the table shows before score, band and reason. The first is clicked to select a lead. Default: `lead_id`. */
  get columns(): readonly Column[] {
    return this.#columns;
  }

  set columns(columns: readonly Column[]) {
    this.#columns = columns.length > 0 ? [...columns] : [{ field: "lead_id" }];
    this.#show();
  }

  /** What the table is sorted by. Default: `score`, the highest first. */
  get order(): Order {
    return this.#order;
  }

  set order(order: Order) {
    this.#order = { ...order };
    void this.#sort(true);
  }

  /** Texts that take the place of the language's own. */
  get words(): Partial<ListWords> {
    return this.#words;
  }

  set words(words: Partial<ListWords>) {
    this.#words = { ...words };
    this.#draw();
  }

  /** The connection; by default that of the attributes. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  set connection(connection: Connection | undefined) {
    this.#isGiven = connection !== undefined;
    this.#bind(connection ?? this.#named());
    this.#ask();
  }

  /** @internal */
  connectedCallback(): void {
    this.#root ??= this.shadowRoot ?? this.attachShadow({ mode: "open" });
    // Properties that were set before the element was defined.
    for (const name of ["leads", "columns", "order", "words", "connection"] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (this as Record<string, unknown>)[name];
      Object.assign(this, { [name]: value });
    }
    this.#watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void this.#expose());
    this.#bind(this.#isGiven ? this.#connection : this.#named());
    this.#draw();
    this.#ask();
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#turn++;
    this.#watch?.disconnect();
    this.#connection?.removeEventListener("deployment", this.#redeployed);
  }

  /** @internal */
  attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (old === value || !this.#root) return;
    if (name === "lang") return this.#draw();
    if (name === "page-size") return this.#show();
    if (!this.#isGiven) this.#bind(this.#named());
    this.#ask();
  }

  #named(): Connection | undefined {
    const options = optionsOf(this);
    return options && connect(options);
  }

  #bind(connection: Connection | undefined): void {
    this.#connection?.removeEventListener("deployment", this.#redeployed);
    this.#connection = connection;
    if (this.isConnected) connection?.addEventListener("deployment", this.#redeployed);
  }

  #draw(): void {
    if (!this.#root) return;
    const language = languageOf(this);
    this.#view = new ListView(this.#root, { ...listWordsOf(language), ...this.#words }, language, {
      sort: (by, isField) => {
        const isSame = keyOf(this.#order) === keyOf({ by, isField });
        this.order = { by, isField, isDescending: isSame ? !this.#order.isDescending : by === "score" && !isField };
      },
      turn: (pages) => {
        this.#page += pages;
        this.#show();
      },
      select: (row) => this.#emit("lead-selected", row),
      retry: () => this.#ask(),
    });
    this.#view.progress(this.#leads.length, this.#leads.length);
    this.#show();
  }

  /** Scores once the current task is over, however many properties it sets. */
  #ask(): void {
    if (this.#isAsked || !this.#root) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      void this.#score();
    });
  }

  async #score(): Promise<void> {
    const [view, connection, leads, turn] = [this.#view, this.#connection, this.#leads, ++this.#turn];
    if (!view || !this.isConnected) return;
    view.failed(undefined);
    view.progress(0, leads.length);
    const isCurrent = () => turn === this.#turn;
    const rows = await this.#made(leads, isCurrent);
    if (rows.length === 0 || !isCurrent()) return;
    try {
      if (!connection) throw new PlumblineError("NO_SERVICE", "the attribute service, or the property connection, says where leads are scored");
      const progress = (done: number) => isCurrent() && done < rows.length && this.#view?.progress(done, rows.length);
      const by = await scoreRows(connection, rows, { mayWork: !this.hasAttribute("no-worker"), progress, isCurrent });
      if (by === undefined) return;
      await this.#sort();
      if (!isCurrent()) return;
      this.#view?.progress(rows.length, rows.length);
      this.#emit("lead-list-scored", { rows: this.#sorted, by } satisfies ListScored);
    } catch (error) {
      if (!isCurrent()) return;
      const { code = "FAILED", message = String(error) } = error as Partial<PlumblineError>;
      this.#view?.failed({ code, message });
      this.#emit("lead-failed", error);
    }
  }

  /** The rows of `leads`; shows the first as soon as there are some. */
  async #made(leads: readonly Lead[], isCurrent: () => boolean): Promise<Row[]> {
    if (this.#rows.length === leads.length && leads.length > 0) return this.#rows;
    const slices = new Slices();
    const rows: Row[] = [];
    this.#sorted = rows;
    for (const lead of leads) {
      if (rows.push(unscored(lead)) === MOST_SHOWN) this.#show();
      if (slices.isOver) await slices.rest();
      if (!isCurrent()) return [];
    }
    this.#rows = rows;
    this.#show();
    return rows;
  }

  /** Sorts and shows, unless something newer takes its place. Leads that are scored again stay on the page that is read. */
  async #sort(isNewOrder = false): Promise<void> {
    if (isNewOrder) this.#page = 0;
    const [rows, sorting] = [this.#rows, ++this.#sorting];
    const order = await sorted(rows.length, comparison(rows, this.#order, languageOf(this)), new Slices());
    if (sorting !== this.#sorting || rows !== this.#rows) return;
    this.#sorted = Array.from(order, (place) => rows[place] as Row);
    this.#show();
  }

  #show(): void {
    const asked = Number.parseInt(this.getAttribute("page-size") ?? "", 10);
    const size = Math.min(Math.max(asked || 50, 1), MOST_SHOWN);
    const pages = Math.max(Math.ceil(this.#sorted.length / size), 1);
    this.#page = Math.min(Math.max(this.#page, 0), pages - 1);
    const rows = this.#sorted.slice(this.#page * size, (this.#page + 1) * size);
    this.#shown = rows;
    this.#watch?.unobserve(this);
    this.#watch?.observe(this);
    this.#view?.show({ rows, columns: this.#columns, order: this.#order, page: this.#page, pages });
  }

  /** Notes the scores that a person sees, each once. */
  async #expose(): Promise<void> {
    const [connection, slices] = [this.#connection, new Slices()];
    if (this.#exposed.size > 20_000) this.#exposed.clear();
    for (const { lead_id: id, score, version, logged } of this.#shown) {
      const seen = `${id} ${version} ${logged ? (logged as { probability: number }).probability : score}`;
      if (!connection || id === "" || score === undefined || version === undefined || this.#exposed.has(seen)) continue;
      this.#exposed.add(seen);
      void connection.exposed(id, version, logged).catch(() => {});
      if (slices.isOver) await slices.rest();
    }
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/** How two rows compare. */
function comparison(rows: readonly Row[], order: Order, language: string): (a: number, b: number) => number {
  const { by, isDescending } = order;
  const sign = isDescending ? -1 : 1;
  const own = isOwn(order);
  if (own && by === "score") {
    const keys = Float64Array.from(rows, place);
    return (a, b) => sign * ((keys[a] as number) - (keys[b] as number));
  }
  const { compare } = new Intl.Collator(language, { numeric: true });
  const value = (row: Row): unknown => (!own ? row.lead?.[by] : by === "band" ? row.band : row.reason);
  return (a, b) => {
    const [first, second] = [value(rows[a] as Row), value(rows[b] as Row)];
    if (typeof first === "number" && typeof second === "number") return sign * (first - second);
    return sign * compare(textOf(first), textOf(second));
  };
}

/** What a comparison reads of a value. */
function textOf(value: unknown): string {
  return value === null || value === undefined ? "" : String(value).slice(0, 120);
}

/**
 * A row's place between the scores. A lead whose score is withheld has one that its id alone decides: at the end it would not be worked, and
 * by its score the place would show it.
 */
function place({ score, explores, lead_id }: Row): number {
  if (!explores) return score ?? -1;
  let hash = 0x811c9dc5;
  for (const letter of lead_id) hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 0x01000193) >>> 0;
  return (hash % 10_100) / 100;
}

declare global {
  interface HTMLElementTagNameMap {
    "lead-list": LeadList;
  }
}

// Another version of the package may have defined it: the first stays.
const elements = globalThis.customElements;
if (elements && !elements.get("lead-list")) elements.define("lead-list", LeadList);
