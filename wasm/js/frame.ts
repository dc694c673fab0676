// Entry point `./frame`: `<lead-score>` in a page of another origin, and the page round it. Both ends check the other's origin and window.
import { PlumblineError } from "./error.ts";
import type { Lead } from "./types.ts";

export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue } from "./types.ts";

/** Number of the protocol; messages of another are ignored. */
const PROTOCOL = 1;

/** What the page round the frame sends. */
export type HostMessage = { plumbline: 1; type: "hello" } | { plumbline: 1; type: "lead"; id: number; lead: Lead | null };

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
  getBoundingClientRect(): { readonly height: number };
}

/** A frame seen from the page round it. */
export interface Frame {
  /**
   * Has the frame show and score a lead; null for none.
   *
   * @throws {PlumblineError} with the frame's code; `FRAME_SUPERSEDED` where a later lead took its place, `FRAME_CLOSED` after `close()`.
   */
  score(lead: Lead): Promise<FrameScored>;
  /** Stops listening. */
  close(): void;
}

/** An origin as browsers name it; an error for anything else, and for `*` and `null`, which are no single page. */
function originOf(text: string): string {
  let found: string | undefined;
  try {
    found = new URL(text).origin;
  } catch {
    // It is no address.
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

/**
 * In the page round the frame: speaks with the page of `origin` in `iframe`, and with no other. Where `fits` is true, the frame gets the height
 * of its content.
 *
 * @throws {PlumblineError} `ORIGIN_INVALID`
 */
export function frame(iframe: HTMLIFrameElement, options: { origin: string; fits?: boolean }): Frame {
  const origin = originOf(options.origin);
  let [last, isReady] = [0, false];
  let current: { id: number; lead: Lead; done: (scored: FrameScored) => void; failed: (error: Error) => void } | undefined;
  const send = (message: HostMessage) => iframe.contentWindow?.postMessage(message, origin);
  const ask = () => current && send({ plumbline: PROTOCOL, type: "lead", id: current.id, lead: current.lead });
  const hello = () => {
    isReady = false;
    send({ plumbline: PROTOCOL, type: "hello" });
  };
  const listen = ({ source, origin: from, data }: MessageEvent) => {
    if (source !== iframe.contentWindow || from !== origin) return;
    const message = read<FrameMessage>(data);
    if (message?.type === "ready") {
      if (!isReady) ask();
      isReady = true;
    } else if (message?.type === "size" && options.fits && Number.isFinite(message.height)) {
      iframe.style.height = `${Math.min(Math.max(message.height, 0), 10_000)}px`;
    } else if ((message?.type === "scored" || message?.type === "failed") && message.id === current?.id) {
      if (message.type === "failed") current.failed(new PlumblineError(String(message.code), String(message.message)));
      else current.done({ lead_id: message.lead_id, score: message.score, band: message.band, version: message.version, explores: message.explores, source: message.source });
      current = undefined;
    }
  };
  addEventListener("message", listen);
  iframe.addEventListener("load", hello);
  // A page of another origin is there already; before that the browser would report a message to the empty one.
  if (iframe.contentDocument === null || origin === location.origin) hello();
  return {
    score(lead) {
      current?.failed(new PlumblineError("FRAME_SUPERSEDED", "a later lead took this one's place"));
      return new Promise((done, failed) => {
        current = { id: ++last, lead, done, failed };
        if (isReady) ask();
      });
    },
    close() {
      removeEventListener("message", listen);
      iframe.removeEventListener("load", hello);
      current?.failed(new PlumblineError("FRAME_CLOSED", "the frame was closed"));
      current = undefined;
    },
  };
}

/**
 * In the frame's page: `card`, a `<lead-score>`, shows the leads that the page round it sends, if that page is of one of `origins`. Returns what
 * stops it.
 *
 * @throws {PlumblineError} `ORIGIN_INVALID`
 */
export function answer(card: Card, options: { origins: readonly string[] }): () => void {
  const origins = options.origins.map(originOf);
  const host = globalThis.parent;
  let asked: { id: number; origin: string } | undefined;
  let to: string | undefined;
  const send = (message: FrameMessage, origin: string) => host.postMessage(message, origin);
  const listen = ({ source, origin, data }: MessageEvent) => {
    if (source !== host || !origins.includes(origin)) return;
    const message = read<HostMessage>(data);
    if (!message) return;
    to = origin;
    if (message.type === "hello") send({ plumbline: PROTOCOL, type: "ready" }, origin);
    if (message.type !== "lead" || typeof message.id !== "number") return;
    asked = { id: message.id, origin };
    card.lead = message.lead;
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
  const sized = globalThis.ResizeObserver && new ResizeObserver(() => to && send({ plumbline: PROTOCOL, type: "size", height: Math.ceil(card.getBoundingClientRect().height) }, to));
  addEventListener("message", listen);
  card.addEventListener("lead-scored", scored);
  card.addEventListener("lead-failed", failed);
  sized?.observe(card as unknown as Element);
  // Where the browser does not say which page is round it, that page asks when the frame has loaded.
  const around = globalThis.location.ancestorOrigins?.[0];
  if (around !== undefined && origins.includes(around)) send({ plumbline: PROTOCOL, type: "ready" }, around);
  return () => {
    removeEventListener("message", listen);
    card.removeEventListener("lead-scored", scored);
    card.removeEventListener("lead-failed", failed);
    sized?.disconnect();
  };
}
