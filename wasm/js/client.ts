// Entry point `./client`: the service alone, for hosts that have `fetch` and nothing else: no DOM, no WebAssembly, no storage.
import { type LeadProblem, PlumblineError } from "./error.ts";
import { asArray, asText } from "./lead.ts";
import type { Lead, Score } from "./types.ts";

export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue, Reason, Score } from "./types.ts";

/** What a host's `fetch` answers, as far as it is read. */
export interface Answer {
  readonly status: number;
  text(): Promise<string>;
}

/** A host's `fetch`. */
export type Fetch = (url: string, options: { method: "POST"; headers: Record<string, string>; body: string }) => Promise<Answer>;

/** How a host reaches a service. */
export interface ClientOptions {
  /** The service's address, such as `https://scores.example.com`. */
  service: string;
  /** A key of the service. */
  key?: string;
  /** Default: the global `fetch`. */
  fetch?: Fetch;
  /** Most bytes of a request. Default: 1,000,000. */
  most_bytes?: number;
}

/** A score of the service. */
export type ServedScore = Score & {
  /** The variant that scored. */
  variant?: string;
  /** The score is to be hidden: the lead is in the exploration slice. */
  explores?: boolean;
};

/** What a rep says of a score. */
export interface Feedback {
  lead_id: string;
  kind: "thumb" | "satisfaction" | "priority" | "unhelpful" | "odd";
  /** Thumb: 1 up, 0 down. Satisfaction and priority: 1 to 10. */
  rating?: number;
  version?: string;
  rep?: string;
  text?: string;
  /** An id of your own: what is sent again with the same id, content and `occurred_at` is stored once. Give both for what you may send again. */
  event_id?: string;
  /** Milliseconds since 1970. Default: now. */
  occurred_at?: number;
}

/** What the service says is wrong. */
interface Problem {
  code?: string;
  detail?: string;
  errors?: LeadProblem[];
}

/** Leads in one request. */
const MOST = 200;

/** The service, asked by `fetch` alone. */
export class Client {
  readonly #options: Required<Pick<ClientOptions, "service" | "fetch" | "most_bytes">> & { key: string | undefined };

  constructor({ service, key, fetch = globalThis.fetch as unknown as Fetch, most_bytes = 1_000_000 }: ClientOptions) {
    this.#options = { service: service.replace(/\/+$/, ""), key, fetch, most_bytes };
  }

  /**
   * The service's score of a lead, with up to `reasons` reasons (0 to 20, 3).
   *
   * @throws {PlumblineError} `LEAD_…` with the field; `SERVICE_UNREACHABLE`, `TOO_LARGE`, or a code of the service.
   */
  async score(lead: Lead, { reasons = 3 }: { reasons?: number } = {}): Promise<ServedScore> {
    return this.#ask(`/v1/score?reasons=${reasons}`, "application/json", asText(lead) as string);
  }

  /** The service's scores in the order of `leads`, or why a lead has none; at most 200 leads a request, fewer where they are large. */
  async scoreBatch(leads: readonly Lead[], { reasons = 0 }: { reasons?: number } = {}): Promise<(ServedScore | PlumblineError)[]> {
    const found: (ServedScore | PlumblineError)[] = [];
    let most = MOST;
    for (let start = 0; start < leads.length; ) {
      const { text, refused } = asArray(leads.slice(start, start + most));
      if (most > 1 && bytesOf(text) > this.#options.most_bytes) {
        most = Math.ceil(most / 2);
        continue;
      }
      start += most;
      const answers: (ServedScore | { error: { code: string; detail: string } })[] =
        text === "[]" ? [] : (await this.#ask<{ scores: [] }>(`/v1/score?reasons=${reasons}`, "application/json", text)).scores;
      const batch = answers.map((answer) => ("error" in answer ? new PlumblineError(answer.error.code, answer.error.detail) : answer));
      for (const [place, error] of refused) batch.splice(place, 0, error);
      found.push(...batch);
    }
    return found;
  }

  /**
   * Sends what a rep says.
   *
   * @throws {PlumblineError} `EVENT_…` with the reason why the service does not take it.
   */
  async feedback(feedback: Feedback): Promise<void> {
    const body = JSON.stringify({ occurred_at: Date.now(), ...feedback });
    await this.#ask("/v1/feedback", "application/json", body);
  }

  async #ask<T>(path: string, type: string, body: string): Promise<T> {
    const { service, key, fetch, most_bytes } = this.#options;
    // A letter takes at most three bytes.
    if (body.length * 3 > most_bytes && bytesOf(body) > most_bytes) throw new PlumblineError("TOO_LARGE", `the request is larger than ${most_bytes} bytes; send fewer leads at a time`);
    let answer: Answer;
    try {
      answer = await fetch(`${service}${path}`, { method: "POST", headers: { "content-type": type, ...(key && { authorization: `Bearer ${key}` }) }, body });
    } catch (cause) {
      throw new PlumblineError("SERVICE_UNREACHABLE", `${service} does not answer`, [], { cause });
    }
    const text = await answer.text().catch((cause: unknown) => {
      throw new PlumblineError("SERVICE_UNREACHABLE", `${service} did not end its answer`, [], { cause });
    });
    let read: (Problem & { events?: Problem[] }) | undefined;
    try {
      read = JSON.parse(text);
    } catch {
      // Not an answer of the service.
    }
    if (answer.status >= 200 && answer.status < 300 && read) return read as T;
    // Of an event the problem is that of its own.
    const problem = read?.events?.[0] ?? read;
    throw new PlumblineError(problem?.code ?? `HTTP_${answer.status}`, problem?.detail ?? `the service answered ${answer.status}`, problem?.errors ?? []);
  }
}

/** Bytes of a text in UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
