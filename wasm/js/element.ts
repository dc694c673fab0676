// Entry point `./element`: `<lead-score>` for pages of a CRM.
import { languageOf, optionsOf } from "./element-attributes.ts";
import { changeOf } from "./element-change.ts";
import { connect, type Connection, failureOf, leadOf, type Scored } from "./element-connection.ts";
import { clock, later, stop, write } from "./element-globals.ts";
import { View } from "./element-view.ts";
import { type Words, wordsOf } from "./element-words.ts";
import { PlumblineError } from "./error.ts";
import { idOf } from "./lead-id.ts";
import type { About } from "./rep.ts";
import type { Lead } from "./types.ts";

export { type ConnectOptions, connect, type Connection, type Mode, type Scored } from "./element-connection.ts";
export type { Scorer } from "./element-deployment.ts";
export { addWords, type Words, wordsOf } from "./element-words.ts";
export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue, Reason, Score } from "./types.ts";

/** How long a thumb waits for its reason, in milliseconds; writing begins the time again. */
const HOLD = 20_000;
/** A deployment that was not confirmed for so long is marked. */
const STALE = 900_000;

const Base = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

/**
 * `<lead-score service="https://…" key="pl_…">`: a lead's score with its reasons, and thumbs that reach the service.
 *
 * Attributes: `service`, `key`, `mode` (`auto`, `local`, `edge`), `rep`, `lang`, `reasons` (in the card, 3), `theme="auto"` (dark where the
 * system is), `lead` (JSON), `priority` (the rep sets a priority), `ask-days` (days between questions to the rep). Properties: `lead`, `words`, `connection`. Events: `lead-scored` with `detail` of type {@link Scored},
 * `lead-failed` with a {@link PlumblineError}, `lead-feedback` with `{lead_id, isUp}`; they bubble.
 */
export class LeadScore extends Base {
  static readonly observedAttributes = ["service", "key", "mode", "rep", "lang", "reasons", "lead", "priority", "ask-days"];

  #lead: Lead | undefined;
  /** Why the attribute `lead` is none. */
  #unread: unknown;
  #words: Partial<Words> = {};
  #connection: Connection | undefined;
  #isGiven = false;
  #view: View | undefined;
  #root: ShadowRoot | undefined;
  #scored: Scored | undefined;
  /** The lead that was shown last. */
  #id = "";
  /** Counts the scorings: an answer to an older one is dropped. */
  #turn = 0;
  #isAsked = false;
  #thumb: { id: Promise<string>; isUp: boolean; closes: ReturnType<typeof setTimeout> } | undefined;
  #given: boolean | undefined;
  /** The event of the last thumb. */
  #event: Promise<string> | undefined;
  /** The score a person saw last: lead and version. */
  #exposed = "";
  #watch: IntersectionObserver | undefined;
  readonly #redeployed = () => this.#ask();
  readonly #rejected = (event: Event) => void this.#reject(event as CustomEvent<{ id: string; code: string }>);
  readonly #leaves = () => document.visibilityState === "hidden" && this.#release();

  /** The lead; setting it scores it. */
  get lead(): Lead | undefined {
    return this.#lead;
  }

  set lead(lead: Lead | undefined | null) {
    if (!this.#lead || !lead || idOf(lead) !== idOf(this.#lead)) this.#forget();
    this.#lead = lead ?? undefined;
    this.#unread = undefined;
    this.#ask();
  }

  /** Texts that take the place of the language's own. */
  get words(): Partial<Words> {
    return this.#words;
  }

  set words(words: Partial<Words>) {
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
    this.#root ??= this.shadowRoot ?? this.attachShadow({ mode: "open", delegatesFocus: false });
    // Properties that were set before the element was defined.
    for (const name of ["lead", "words", "connection"] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (this as Record<string, unknown>)[name];
      Object.assign(this, { [name]: value });
    }
    document.addEventListener("visibilitychange", this.#leaves);
    this.#watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#expose());
    this.#watch.observe(this);
    this.#bind(this.#isGiven ? this.#connection : this.#named());
    this.#draw();
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#release();
    document.removeEventListener("visibilitychange", this.#leaves);
    this.#watch?.disconnect();
    this.#listen(false);
  }

  /** @internal */
  attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (old === value) return;
    if (name === "lead") return this.#read(value);
    if (!this.#root) return;
    if (["lang", "reasons"].includes(name)) return this.#draw();
    if (!this.#isGiven) this.#bind(this.#named());
    this.#ask();
  }

  #read(text: string | null): void {
    try {
      this.lead = text ? leadOf(text) : undefined;
    } catch (error) {
      this.lead = undefined;
      this.#unread = error;
    }
  }

  /** The connection of the attributes. */
  #named(): Connection | undefined {
    const options = optionsOf(this);
    return options && connect(options);
  }

  #bind(connection: Connection | undefined): void {
    this.#listen(false);
    this.#connection = connection;
    if (this.isConnected) this.#listen(true);
  }

  #listen(isOn: boolean): void {
    const act = isOn ? "addEventListener" : "removeEventListener";
    this.#connection?.[act]("deployment", this.#redeployed);
    this.#connection?.[act]("rejected", this.#rejected);
  }

  /** Makes the card anew, in the language of the element or of the page. */
  #draw(): void {
    if (!this.#root) return;
    const language = languageOf(this);
    const reasons = Math.max(0, Number.parseInt(this.getAttribute("reasons") ?? "3", 10) || 0);
    this.#view = new View(this.#root, { words: { ...wordsOf(language), ...this.#words }, language, reasons }, {
      retry: () => this.#ask(),
      thumb: (isUp) => this.#answer(isUp),
      writes: () => this.#writes(),
      reason: (text) => void this.#finish(text),
    });
    this.#view.thumbed(this.#given, this.#thumb !== undefined);
    this.#ask();
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
    const [view, lead, connection, turn] = [this.#view, this.#lead, this.#connection, ++this.#turn];
    if (!view) return;
    if (!lead) return this.#unread ? this.#fail(this.#unread) : view.empty();
    if (!connection) return this.#fail(new PlumblineError("NO_SERVICE", "the attribute service, or the property connection, says where leads are scored"));
    view.loading();
    try {
      const scored = await connection.score(lead);
      if (turn !== this.#turn) return;
      await this.#show(scored, turn);
      const other = await scored.confirmed;
      if (other && turn === this.#turn) await this.#show(other, turn);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async #show(scored: Scored, turn: number): Promise<void> {
    const [connection, view, id] = [this.#connection, this.#view, idIn(scored)];
    if (!connection || !view) return;
    const key = write([connection.service, id]);
    const change = id === "" || scored.explores ? undefined : await changeOf(await connection.store, key, scored.score).catch(() => undefined);
    if (turn !== this.#turn) return;
    // The model alone knows which field is the id.
    if (id !== this.#id) this.#forget();
    this.#id = id;
    this.#scored = scored;
    view.show(scored, change, { canAnswer: id !== "", isStale: clock() - scored.checked_ms > STALE });
    this.#watch?.unobserve(this);
    this.#watch?.observe(this);
    this.#emit("lead-scored", scored);
    if (id === "" || !(this.hasAttribute("priority") || this.hasAttribute("ask-days"))) return;
    const about = { element: this, root: this.#root, connection, lead_id: id, version: scored.score.model.version, isCurrent: () => turn === this.#turn };
    // The rep's own judgement; without it the card is whole.
    import("./rep.js").then(({ panel }) => panel(about as About)).catch(() => {});
  }

  /** Drops what the rep said of the lead before. */
  #forget(): void {
    this.#release();
    this.#given = undefined;
    this.#view?.thumbed(undefined);
    this.#root?.querySelector("[part=rep]")?.remove();
  }

  #fail(error: unknown): void {
    const known = failureOf(error);
    this.#scored = undefined;
    this.#view?.failed(known.code, known.message);
    this.#emit("lead-failed", known);
  }

  /** Notes, once per lead, version and score of the page, that a person sees it. */
  #expose(): void {
    const scored = this.#scored;
    const id = scored && idIn(scored);
    if (!scored || !id || scored.explores) return;
    const seen = write([id, scored.score.model.version, scored.source === "page" && scored.score.probability]);
    if (seen === this.#exposed) return;
    this.#exposed = seen;
    void this.#connection?.seen(id, scored).catch(() => {});
  }

  /** Queues a thumb; the same again changes nothing. */
  #answer(isUp: boolean): void {
    const [connection, scored] = [this.#connection, this.#scored];
    if (!connection || !scored) return;
    const lead_id = idIn(scored);
    if (this.#given === isUp) return;
    // A thumb that is still held becomes the other one: one event in all.
    if (this.#thumb) {
      const { id, closes } = this.#thumb;
      stop(closes);
      void id.then((id) => connection.amend(id, { rating: isUp ? 1 : 0 }, HOLD));
      this.#thumb = { id, isUp, closes: this.#closing() };
    } else {
      const id = connection.feedback(lead_id, scored.score.model.version, { kind: "thumb", rating: isUp ? 1 : 0 }, HOLD);
      id.catch((error: unknown) => this.#fail(error));
      this.#event = id;
      this.#thumb = { id, isUp, closes: this.#closing() };
    }
    this.#given = isUp;
    this.#view?.thumbed(isUp, true);
    this.#emit("lead-feedback", { lead_id, isUp });
  }

  #closing(): ReturnType<typeof setTimeout> {
    return later(() => this.#release(), HOLD - 1000);
  }

  #writes(): void {
    const thumb = this.#thumb;
    if (!thumb) return;
    stop(thumb.closes);
    thumb.closes = this.#closing();
    void thumb.id.then((id) => this.#connection?.amend(id, {}, HOLD));
  }

  /** Lets the thumb go, with its reason. */
  async #finish(text: string | undefined): Promise<void> {
    const [thumb, connection, view] = [this.#thumb, this.#connection, this.#view];
    if (!thumb || !connection) return;
    this.#thumb = undefined;
    stop(thumb.closes);
    view?.thumbed(thumb.isUp);
    view?.refocus(thumb.isUp);
    const id = await thumb.id;
    await connection.amend(id, text ? { text } : {}, 0);
    view?.remark("thanks");
    await connection.flush();
    if ((await connection.waiting()) > 0) view?.remark("queued");
  }

  /** Lets the thumb go without a reason: the time is over, the lead is another, or the page goes. */
  #release(): void {
    const [thumb, connection] = [this.#thumb, this.#connection];
    if (!thumb) return;
    this.#thumb = undefined;
    stop(thumb.closes);
    this.#view?.thumbed(this.#given);
    void thumb.id.then((id) => connection?.amend(id, {}, 0)).catch(() => {});
  }

  async #reject({ detail: { id, code } }: CustomEvent<{ id: string; code: string }>): Promise<void> {
    if ((await this.#event) === id) this.#view?.remark("rejected", { code });
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/** The lead's id, as who scored it read it; empty if it has none. */
function idIn({ score }: Scored): string {
  return score.lead_id ?? "";
}

declare global {
  interface HTMLElementTagNameMap {
    "lead-score": LeadScore;
  }
}

// Another version of the package may have defined it: the first stays.
const elements = globalThis.customElements;
if (elements && !elements.get("lead-score")) elements.define("lead-score", LeadScore);
