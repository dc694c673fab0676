// A page's connection to a service: scores by its deployment in the page or by the service, and events on their way back.
import type { Refused } from "./door.ts";
import { Client } from "./element-client.ts";
import { Deployed, type Drawn, type Scorer } from "./element-deployment.ts";
import { clock, read, write } from "./element-globals.ts";
import { type EventFields, Queue, type Route } from "./element-queue.ts";
import { openStore, type Store } from "./element-store.ts";
import { PlumblineError } from "./error.ts";
import { asText } from "./lead.ts";
import type { Lead, Score } from "./types.ts";

/**
 * Where leads are scored. `local`: in the page; no field of a lead leaves it. `edge`: by the service. `auto`: in the page at once, and by
 * the service as well, which keeps the score in its log; by the service alone where the page cannot.
 */
export type Mode = "local" | "edge" | "auto";

/** How a page reaches a service. */
export interface ConnectOptions {
  /** The service's address, such as `https://scores.example.com`. */
  service: string;
  /** A published key of the service (`plumbline keys add … --origin`). */
  key?: string;
  /** Where leads are scored. Default: `auto`. */
  mode?: Mode;
  /** Who gives feedback: an id of your CRM. */
  rep?: string;
  /** What loads models; `() => import("plumbline/js")` where a page forbids WebAssembly. Default: `plumbline`. */
  scorer?: () => Promise<Scorer>;
  /** Milliseconds between looks at the deployment. Default: 60,000. */
  refresh_ms?: number;
}

/** A score as it came about. */
export interface Scored {
  score: Score;
  /** Who scored: this page, or the service. */
  source: "page" | "service";
  /** The variant of the allocation; undefined where the service did not name it. */
  variant: string | undefined;
  /** Number of the deployment; undefined where the service did not say. */
  epoch: number | undefined;
  /** The lead is in the exploration slice: its score is to be hidden. */
  explores: boolean;
  /** Milliseconds the page waited. */
  client_ms: number;
  /** When the service last confirmed the deployment, in milliseconds since 1970. */
  checked_ms: number;
  /** In `auto`: the service's own score of the lead, if it is another than the page's. */
  confirmed?: Promise<Scored | undefined>;
}

/** The service's answer to a lead. @internal */
export type Answer = Score & { variant?: string; explores?: boolean };

/** What a score of the page came of. */
interface Work {
  text: string;
  now: number;
  drawn: Drawn;
}

const figures = ({ probability, margin, band }: Score) => ({ probability, margin, band });

/** Reasons the page asks for: all. The service gives at most 20 at the edge. */
const [ALL, MOST] = [1_000_000, 20];

/** How long an exposure waits for the shadows' scores, in milliseconds. */
const HOLD = 10_000;

/** The variants that score a lead of the page as well, for the log alone. */
function shadowsOf({ deployment, part }: Drawn): string[] {
  const { champion, arm = [], shadow = [], counterfactual } = deployment.allocation;
  const recorded = new Set([...(counterfactual ? [champion, ...arm.map(({ variant }) => variant)] : []), ...shadow]);
  recorded.delete(part.variant);
  return [...recorded].slice(0, 8);
}

/** A page's connection to one service. */
export class Connection extends EventTarget {
  readonly mode: Mode;
  readonly rep: string | undefined;
  /** @internal */
  readonly store: Promise<Store> = openStore();
  /** @internal */
  readonly service: string;
  readonly #client: Client;
  /** @internal */
  readonly deployed: Deployed;
  /** Whether the page loads models by a scorer of its own. @internal */
  readonly isOwnScorer: boolean;
  readonly #queue: Queue;
  /** What scores of this page came of. */
  readonly #work = new WeakMap<Scored, Work>();
  /** What the service has scored of this page, by lead: the text and the epoch. */
  readonly #recorded = new Map<string, string>();

  /** @internal */
  constructor({ service, key, mode = "auto", rep, scorer, refresh_ms = 60_000 }: ConnectOptions) {
    super();
    this.isOwnScorer = scorer !== undefined;
    this.mode = mode;
    this.rep = rep;
    this.#client = new Client(service, key);
    this.service = this.#client.service;
    this.#queue = new Queue(this.store, this.#client, (id, code) => this.#say("rejected", { id, code }));
    this.deployed = new Deployed(this.#client, this.store, scorer ?? (() => import("./index.js")), () => this.#say("deployment", {}));
    if (mode !== "edge") this.deployed.follow(refresh_ms);
    globalThis.addEventListener?.("online", () => {
      void this.#queue.flush();
      if (mode !== "edge") void this.deployed.refresh().catch(() => {});
    });
    // What an earlier page left behind.
    void this.#queue.flush();
  }

  /**
   * Scores a lead, with all its reasons.
   *
   * @throws {PlumblineError} `LEAD_…` with the field; `SERVICE_UNREACHABLE`, or a code of the service.
   */
  async score(lead: Lead): Promise<Scored> {
    const [text, began] = [asText(lead) as string, clock()];
    if (this.mode === "edge") return this.#remote(text, began);
    try {
      const scored = await this.#local(text, lead, began);
      if (this.mode === "auto") scored.confirmed = this.#confirm(text, scored);
      return scored;
    } catch (error) {
      // A lead that the model rejects is rejected by the service too.
      if (this.mode === "local" || failureOf(error).code.startsWith("LEAD_")) throw error;
      return this.#remote(text, began);
    }
  }

  /** What the service answers to each of these leads, a JSON array. @internal */
  async served(leads: string, reasons: number): Promise<(Answer | Refused)[]> {
    const { scores } = await this.#client.json<{ scores: (Answer | Refused)[] }>(`/v1/score?reasons=${reasons}`, { method: "POST", body: leads, type: "application/json" });
    return scores;
  }

  /** Notes that a person saw a score; one of the page with all that the service's log needs of it. @internal */
  async seen(lead_id: string, scored: Scored): Promise<void> {
    const { score, client_ms } = scored;
    const work = this.#work.get(scored);
    const own = work && { ...work.drawn.part, epoch: work.drawn.deployment.epoch, ...figures(score), shadows: [] };
    const variants = work ? shadowsOf(work.drawn) : [];
    // Stored before the shadows are loaded: the page may go. What they score is added while the event waits.
    const id = await this.exposed(lead_id, score.model.version, own, { client_ms }, variants.length > 0 ? HOLD : 0);
    if (!work || variants.length === 0) return;
    await this.amend(id, { score: { ...own, shadows: await this.#shadows(work, variants) } }, 0);
  }

  /** Queues that a person saw a score, and waits `hold` milliseconds for more; `score` is what the log needs of one of the page. @internal */
  exposed(lead_id: string, version: string, score: object | undefined, more: EventFields = {}, hold = 0): Promise<string> {
    return this.#add("exposures", { lead_id, version, ...more, ...(score && { score }) }, hold);
  }

  /** The scores of the deployment's shadows, which are never shown. */
  async #shadows({ text, now, drawn: { deployment } }: Work, variants: readonly string[]): Promise<object[]> {
    const shadows: object[] = [];
    for (const variant of variants) {
      try {
        const score = (await this.deployed.model(deployment, variant)).score(text, { now, reasons: 0 });
        shadows.push({ version: score.model.version, variant, ...figures(score) });
      } catch {
        // A shadow that is not available, or does not take the lead, is recorded by the service alone.
      }
    }
    return shadows;
  }

  /** Queues what the rep says, which waits `hold` milliseconds for more; its id. @internal */
  feedback(lead_id: string, version: string, said: EventFields, hold = 0): Promise<string> {
    return this.#add("feedback", { lead_id, version, ...said, ...(this.rep && { rep: this.rep }) }, hold);
  }

  /** Adds `fields` to an event that is held, and holds it on. @internal */
  amend(id: string, fields: EventFields, hold: number): Promise<boolean> {
    return this.#queue.amend(id, fields, hold);
  }

  /** Sends what waits; resolves when the service took it, or when it has to be tried again later. */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** How many events wait for the service. */
  waiting(): Promise<number> {
    return this.#queue.waiting();
  }

  #add(route: Route, fields: EventFields, hold?: number): Promise<string> {
    return this.#queue.add(route, { ...fields, occurred_at: clock() }, hold);
  }

  async #local(text: string, lead: Lead, began: number): Promise<Scored> {
    const drawn = await this.deployed.draw(lead, text);
    const { part, deployment, checked } = drawn;
    const now = clock();
    const score = drawn.model.score(text, { reasons: ALL, now });
    const scored: Scored = { score, source: "page", variant: part.variant, epoch: deployment.epoch, explores: part.explores, client_ms: clock() - began, checked_ms: checked };
    this.#work.set(scored, { text, now, drawn });
    return scored;
  }

  async #remote(text: string, began: number, reasons = MOST): Promise<Scored> {
    const response = await this.#client.json<Answer>(`/v1/score?reasons=${reasons}`, { method: "POST", body: text, type: "application/json" });
    const { variant, explores = false } = response;
    return { score: response, source: "service", variant, epoch: undefined, explores, client_ms: clock() - began, checked_ms: clock() };
  }

  /** Has the service score what the page scored, once per lead, content and deployment; its score where it is another. */
  async #confirm(text: string, { score, epoch }: Scored): Promise<Scored | undefined> {
    const { lead_id: id = "" } = score;
    const content = `${epoch} ${text}`;
    if (this.#recorded.get(id) === content) return undefined;
    if (content.length < 20_000) this.#recorded.set(id, content);
    if (this.#recorded.size > 1000) this.#recorded.delete(this.#recorded.keys().next().value as string);
    try {
      const answer = await this.#remote(text, clock());
      const isSame = answer.score.model.version === score.model.version && answer.score.score === score.score;
      return isSame ? undefined : answer;
    } catch {
      this.#recorded.delete(id);
      return undefined;
    }
  }

  #say(type: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const CONNECTIONS = new Map<string, Connection>();

/**
 * The page's connection to a service: one for the same options, shared by all elements.
 *
 * Events: `deployment` when another deployment serves; `rejected` with `detail` `{id, code}` when the service rejects feedback for good.
 */
export function connect(options: ConnectOptions): Connection {
  const { service, key, mode, rep, scorer } = options;
  const name = write([new Client(service, key).service, key, mode, rep, scorer && String(scorer)]);
  const found = CONNECTIONS.get(name);
  if (found) return found;
  const made = new Connection(options);
  CONNECTIONS.set(name, made);
  return made;
}

/** A failure as an error of this entry point: other entry points have a class of their own. @internal */
export function failureOf(error: unknown): PlumblineError {
  if (error instanceof PlumblineError) return error;
  const { code, message, problems } = error as Partial<PlumblineError>;
  return new PlumblineError(typeof code === "string" ? code : "FAILED", message ?? String(error), problems ?? [], { cause: error });
}

/** A lead of an attribute's JSON. @internal */
export function leadOf(text: string): Lead {
  let lead: unknown;
  try {
    lead = read(text);
  } catch (cause) {
    throw new PlumblineError("LEAD_MALFORMED", `the attribute lead is not JSON: ${String(cause)}`, [], { cause });
  }
  if (typeof lead !== "object" || lead === null) throw new PlumblineError("LEAD_NOT_AN_OBJECT", "a lead must be a JSON object of named values");
  return lead as Lead;
}
