// Entry point `./frame`: `<lead-score>` in a page of another origin, and the page that embeds it. Both ends check the other's origin and window.
import { PlumblineError } from "./error.ts";
import { asText } from "./lead.ts";
import type { Lead } from "./types.ts";

export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue } from "./types.ts";

/** Number of the protocol; messages of another are ignored. */
const PROTOCOL = 1;

/** How long a lead may wait for the frame's answer, in milliseconds, unless the host says otherwise. */
const WAIT = 30_000;

/** What the embedding page sends. `session` is of one call of {@link frame}; `lead` is JSON, null for none. */
export type HostMessage = { plumbline: 1; type: "hello" } | { plumbline: 1; type: "lead"; session: string; id: number; lead: string | null };

/** What the frame sends. */
export type FrameMessage =
  | { plumbline: 1; type: "ready" }
  | ({ plumbline: 1; type: "scored"; id: number } & FrameScored)
  | { plumbline: 1; type: "failed"; id: number; code: string; message: string }
  /** The height of the frame's content in CSS pixels. */
  | { plumbline: 1; type: "size"; height: number };

/** A score as the frame's host gets it: no reasons and no values of the lead. A score that is withheld is undefined. */
export interface FrameScored {
  lead_id: string | undefined;
  score: number | undefined;
  band: string;
  version: string;
  explores: boolean;
  source: "page" | "service";
}

/** The element in the frame: `<lead-score>`. */
interface Card extends EventTarget {
  lead: Lead | undefined | null;
}

/** A frame seen from the embedding page. */
export interface Frame {
  /**
   * Has the frame show and score a lead. A frame that is loaded again shows it again.
   *
   * @throws {PlumblineError} with the frame's code; `LEAD_…` where the lead cannot be written as JSON, `FRAME_SUPERSEDED` where a later lead took
   * its place, `FRAME_SILENT` where no answer came in time, `FRAME_CLOSED` after `close()`.
   */
  score(lead: Lead): Promise<FrameScored>;
  /** Has the frame show no lead. */
  score(lead: null): Promise<undefined>;
  /** Stops listening. */
  close(): void;
}

/** An origin as browsers name it; an error for anything else, also for `*` and `null`, which do not name one page. */
function originOf(text: string): string {
  let found: string | undefined;
  try {
    found = new URL(text).origin;
  } catch {
    // Not an address.
  }
  if (found !== undefined && found !== "null" && found === text.replace(/\/$/, "")) return found;
  throw new PlumblineError("ORIGIN_INVALID", `${JSON.stringify(text)} is not an origin such as https://crm.example.com`);
}

/** A message of this protocol, or undefined. */
function read<T extends { type: string }>(data: unknown): T | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { plumbline, type } = data as { plumbline?: unknown; type?: unknown };
  return plumbline === PROTOCOL && typeof type === "string" ? (data as T) : undefined;
}

/** The lead that the frame is to show, and who waits for its score. */
interface Shown {
  id: number;
  lead: string | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  done: (scored: FrameScored) => void;
  failed: (error: Error) => void;
}

/**
 * In the embedding page: speaks with the page of `origin` in `iframe`, and with no other. Where `fits` is true, the frame gets the height of its
 * page's content. `wait_ms`: how long a lead may wait for its score, 30,000 by default.
 *
 * @throws {PlumblineError} `ORIGIN_INVALID`
 */
export function frame(iframe: HTMLIFrameElement, options: { origin: string; fits?: boolean; wait_ms?: number }): Frame {
  const origin = originOf(options.origin);
  const session = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  let [last, isReady, isClosed] = [0, false, false];
  let shown: Shown | undefined;
  const send = (message: HostMessage) => iframe.contentWindow?.postMessage(message, origin);
  const ask = () => shown && send({ plumbline: PROTOCOL, type: "lead", session, id: shown.id, lead: shown.lead });
  const hello = () => {
    isReady = false;
    send({ plumbline: PROTOCOL, type: "hello" });
  };
  const fail = (code: string, why: string) => {
    clearTimeout(shown?.timer);
    // Nothing happens where the lead has its answer.
    shown?.failed(new PlumblineError(code, why));
  };
  const listen = ({ source, origin: from, data }: MessageEvent) => {
    if (source !== iframe.contentWindow || from !== origin) return;
    const message = read<FrameMessage>(data);
    if (message?.type === "ready") {
      if (!isReady) ask();
      isReady = true;
    } else if (message?.type === "size" && options.fits && Number.isFinite(message.height)) {
      iframe.style.height = `${Math.min(Math.max(message.height, 0), 10_000)}px`;
    } else if ((message?.type === "scored" || message?.type === "failed") && message.id === shown?.id) {
      if (message.type === "failed") return fail(String(message.code), String(message.message));
      clearTimeout(shown.timer);
      shown.done({ lead_id: message.lead_id, score: message.score, band: message.band, version: message.version, explores: message.explores, source: message.source });
    }
  };
  addEventListener("message", listen);
  iframe.addEventListener("load", hello);
  // A page of another origin is there already; before that the browser would report a message to the empty one.
  if (iframe.contentDocument === null || origin === location.origin) hello();
  function score(lead: Lead): Promise<FrameScored>;
  function score(lead: null): Promise<undefined>;
  function score(lead: Lead | null): Promise<FrameScored | undefined> {
    if (isClosed) return Promise.reject(new PlumblineError("FRAME_CLOSED", "the frame was closed"));
    fail("FRAME_SUPERSEDED", "a later lead took this one's place");
    return new Promise((done, failed) => {
      // A proxy, such as a framework's, cannot be sent as it is. What is not JSON is rejected here.
      const text = lead === null ? null : (asText(lead) as string);
      const silent = () => fail("FRAME_SILENT", `no answer came from ${origin}: is its page loaded, does it call answer(), and may this page embed it?`);
      shown = { id: ++last, lead: text, timer: text === null ? undefined : setTimeout(silent, options.wait_ms ?? WAIT), done, failed };
      if (isReady) ask();
      if (text === null) done(undefined);
    });
  }
  return {
    score,
    close() {
      removeEventListener("message", listen);
      iframe.removeEventListener("load", hello);
      fail("FRAME_CLOSED", "the frame was closed");
      isClosed = true;
    },
  };
}

/**
 * In the frame's page: `card`, a `<lead-score>`, shows the leads that the embedding page sends, if that page is of one of `origins`. Returns what
 * stops it.
 *
 * @throws {PlumblineError} `ORIGIN_INVALID`
 */
export function answer(card: Card, options: { origins: readonly string[] }): () => void {
  const origins = options.origins.map(originOf);
  const host = globalThis.parent;
  let asked: { session: string; id: number; origin: string } | undefined;
  let to: string | undefined;
  const send = (message: FrameMessage, origin: string) => host.postMessage(message, origin);
  const listen = ({ source, origin, data }: MessageEvent) => {
    if (source !== host || !origins.includes(origin)) return;
    const message = read<HostMessage>(data);
    if (!message) return;
    to = origin;
    if (message.type === "hello") {
      send({ plumbline: PROTOCOL, type: "ready" }, origin);
      size();
    }
    if (message.type !== "lead" || typeof message.id !== "number" || !(message.lead === null || typeof message.lead === "string")) return;
    // While the frame loads, the host may ask twice.
    if (asked?.session === message.session && asked.id === message.id) return;
    asked = { session: message.session, id: message.id, origin };
    try {
      card.lead = message.lead === null ? null : JSON.parse(message.lead);
    } catch {
      send({ plumbline: PROTOCOL, type: "failed", id: message.id, code: "LEAD_MALFORMED", message: "the lead is not JSON" }, origin);
    }
  };
  const scored = (event: Event) => {
    const { detail } = event as CustomEvent;
    if (!asked) return;
    const { score, explores, source } = detail;
    const shown = explores ? { score: undefined, band: "" } : { score: score.score, band: score.band };
    send({ plumbline: PROTOCOL, type: "scored", id: asked.id, lead_id: score.lead_id, ...shown, version: score.model.version, explores, source }, asked.origin);
  };
  const failed = (event: Event) => {
    const { code, message } = (event as CustomEvent).detail;
    if (asked) send({ plumbline: PROTOCOL, type: "failed", id: asked.id, code, message }, asked.origin);
  };
  const page = globalThis.document.documentElement;
  const size = () => to && send({ plumbline: PROTOCOL, type: "size", height: Math.ceil(page.getBoundingClientRect().height) }, to);
  const sized = globalThis.ResizeObserver && new ResizeObserver(size);
  addEventListener("message", listen);
  card.addEventListener("lead-scored", scored);
  card.addEventListener("lead-failed", failed);
  sized?.observe(page);
  // Where the browser does not say which page embeds it, that page asks when the frame has loaded.
  const around = globalThis.location.ancestorOrigins?.[0];
  if (around !== undefined && origins.includes(around)) send({ plumbline: PROTOCOL, type: "ready" }, around);
  return () => {
    removeEventListener("message", listen);
    card.removeEventListener("lead-scored", scored);
    card.removeEventListener("lead-failed", failed);
    sized?.disconnect();
  };
}
