// Scores many leads: in a worker, in slices of the page's thread, or by the service. The thread is given back after a few milliseconds.
import type { Connection } from "./element.ts";
import { clock } from "./element-globals.ts";
import type { Part } from "./draw.ts";
import type { Assigned } from "./element-deployment.ts";
import { PlumblineError } from "./error.ts";
import { asText } from "./lead.ts";
import { brief, type Brief } from "./list-brief.ts";
import { Slices } from "./list-slices.ts";
import { type Crew, crew } from "./list-crew.ts";
import type { Lead } from "./types.ts";

/** A lead of a list with its score. */
export interface Row {
  lead: Lead;
  /** The lead's id, as who scored it read it; empty if it has none. */
  lead_id: string;
  /** 0 to 100; undefined where it is withheld, not there yet, or the lead was rejected. */
  score: number | undefined;
  band: string;
  /** The strongest reason in words; empty where the page's own thread scores: a model's first reason takes longer than a slice. */
  reason: string;
  /** The lead is in the exploration slice: it is worked without a score. */
  explores: boolean;
  /** Who scored: the variant, its version and the deployment's number; undefined where the service did not say. */
  variant: string | undefined;
  version: string | undefined;
  epoch: number | undefined;
  /** Why there is no score. */
  code: string | undefined;
  /** What the service's log gets of a score of the page; undefined for one of the service. @internal */
  logged: object | undefined;
}

/** Who scored a list. */
export type ScoredBy = "worker" | "page" | "service";

/** Leads that are scored at a time, and how many times at once. */
const [CHUNK, LANES] = [100, 2];

/** Leads as JSON, in their order. */
interface Chunk {
  start: number;
  leads: Lead[];
  /** Undefined where the lead cannot be written. */
  texts: (string | undefined)[];
}

/** A row before it is scored. @internal */
export function unscored(lead: Lead): Row {
  return { lead, lead_id: "", score: undefined, band: "", reason: "", explores: false, variant: undefined, version: undefined, epoch: undefined, code: undefined, logged: undefined };
}

/** A run over a list. @internal */
export interface Run {
  /** Whether a worker may be made. */
  mayWork: boolean;
  /** Hears how many leads are done. */
  progress: (done: number) => void;
  /** Whether the run is still wanted. */
  isCurrent: () => boolean;
}

/**
 * Scores `rows` in place and resolves to who did; undefined when the run was no longer wanted.
 *
 * @throws {PlumblineError} `SERVICE_UNREACHABLE`, or a code of the service or of the bundle.
 * @internal
 */
export async function scoreRows(connection: Connection, rows: Row[], { mayWork, progress, isCurrent }: Run): Promise<ScoredBy | undefined> {
  if (connection.mode === "edge") return inChunks(rows, progress, isCurrent, byService(connection));
  try {
    return await inChunks(rows, progress, isCurrent, byPage(connection, mayWork));
  } catch (error) {
    if (connection.mode === "local") throw error;
    return inChunks(rows, progress, isCurrent, byService(connection));
  }
}

type Scorer = (chunk: Chunk, rows: Row[], slices: Slices) => Promise<ScoredBy>;

/** Writes leads as JSON slice by slice, and has two chunks scored at a time. */
async function inChunks(rows: Row[], progress: (done: number) => void, isCurrent: () => boolean, score: Scorer): Promise<ScoredBy | undefined> {
  const slices = new Slices();
  let by: ScoredBy | undefined;
  let done = 0;
  const lanes = new Set<Promise<void>>();
  await slices.rest();
  for (let start = 0; start < rows.length && isCurrent(); start += CHUNK) {
    const chunk: Chunk = { start, leads: [], texts: [] };
    for (const row of rows.slice(start, start + CHUNK)) {
      write(row, chunk);
      if (slices.isOver) await slices.rest();
    }
    const lane = score(chunk, rows, slices).then((who) => {
      by = who;
      progress((done += chunk.leads.length));
    });
    lanes.add(lane);
    const left = lane.finally(() => lanes.delete(lane));
    // Who waits below hears of a failure.
    left.catch(() => {});
    if (lanes.size >= LANES) await Promise.race(lanes);
  }
  await Promise.all(lanes);
  return isCurrent() ? by : undefined;
}

function write(row: Row, { leads, texts }: Chunk): void {
  leads.push(row.lead);
  try {
    texts.push(asText(row.lead) as string);
  } catch (error) {
    settle(row, { code: error instanceof PlumblineError ? error.code : "LEAD_MALFORMED" });
    texts.push(undefined);
  }
}

function settle(row: Row, found: Brief, part?: Pick<Part, "variant" | "explores"> & Partial<Part>, epoch?: number): void {
  row.explores = part?.explores ?? false;
  row.lead_id = found.lead_id ?? "";
  [row.variant, row.version, row.epoch, row.code] = [part?.variant, found.version, epoch, found.code];
  const { probability, margin, band } = found;
  row.logged = epoch === undefined || probability === undefined ? undefined : { ...part, epoch, probability, margin, band };
  row.score = row.explores ? undefined : found.score;
  row.band = row.explores ? "" : (found.band ?? "");
  row.reason = row.explores ? "" : (found.reason ?? "");
}

function byService(connection: Connection): Scorer {
  return async ({ start, texts }, rows) => {
    const places = texts.flatMap((text, place) => (text === undefined ? [] : [place]));
    if (places.length === 0) return "service";
    const answers = await connection.served(`[${places.map((place) => texts[place]).join(",")}]`, 1);
    places.forEach((place, at) => {
      const answer = answers[at];
      const row = rows[start + place];
      if (!answer || !row) return;
      const { variant = "", explores = false } = "error" in answer ? {} : answer;
      settle(row, brief(answer), { variant, explores });
    });
    return "service";
  };
}

function byPage(connection: Connection, mayWork: boolean): Scorer {
  const { deployed } = connection;
  return async (chunk, rows, slices) => {
    const scorers = await crew(connection, mayWork);
    const assigned = await deployed.assigned(chunk.leads, chunk.texts, scorers.names);
    if (slices.isOver) await slices.rest();
    for (const variant of new Set(assigned.parts.map((part) => part.variant))) {
      const places = chunk.texts.flatMap((text, place) => (text !== undefined && assigned.parts[place]?.variant === variant ? [place] : []));
      await scored(scorers, assigned, variant, places, chunk, rows, slices);
    }
    return scorers.isWorker ? "worker" : "page";
  };
}

/** Scores the leads of one variant; by the champion where the variant is not at hand, as the service does. */
async function scored(scorers: Crew, assigned: Assigned, variant: string, places: readonly number[], chunk: Chunk, rows: Row[], slices: Slices): Promise<void> {
  if (places.length === 0) return;
  const { deployment, parts } = assigned;
  const { champion } = deployment.allocation;
  const texts = places.map((place) => chunk.texts[place] as string);
  const by = (name: string) => scorers.score(deployment, name, texts, clock(), slices);
  let who = variant;
  const found = await by(variant).catch((error: unknown) => {
    if (variant === champion) throw error;
    return by((who = champion));
  });
  const taken = who === variant ? {} : { variant: who, role: "champion" as const };
  places.forEach((place, at) => settle(rows[chunk.start + place] as Row, found[at] ?? {}, { ...(parts[place] as Part), ...taken }, deployment.epoch));
}
