import type { Lead } from "./types.ts";
export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue } from "./types.ts";
/** What the embedding page sends. `session` is of one call of {@link frame}; `lead` is JSON, null for none. */
export type HostMessage = {
    plumbline: 1;
    type: "hello";
} | {
    plumbline: 1;
    type: "lead";
    session: string;
    id: number;
    lead: string | null;
};
/** What the frame sends. */
export type FrameMessage = {
    plumbline: 1;
    type: "ready";
} | ({
    plumbline: 1;
    type: "scored";
    id: number;
} & FrameScored) | {
    plumbline: 1;
    type: "failed";
    id: number;
    code: string;
    message: string;
}
/** The height of the frame's content in CSS pixels. */
 | {
    plumbline: 1;
    type: "size";
    height: number;
};
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
/**
 * In the embedding page: speaks with the page of `origin` in `iframe`, and with no other. Where `fits` is true, the frame gets the height of its
 * page's content. `wait_ms`: how long a lead may wait for its score, 30,000 by default.
 *
 * @throws {PlumblineError} `ORIGIN_INVALID`
 */
export declare function frame(iframe: HTMLIFrameElement, options: {
    origin: string;
    fits?: boolean;
    wait_ms?: number;
}): Frame;
/**
 * In the frame's page: `card`, a `<lead-score>`, shows the leads that the embedding page sends, if that page is of one of `origins`. Returns what
 * stops it.
 *
 * @throws {PlumblineError} `ORIGIN_INVALID`
 */
export declare function answer(card: Card, options: {
    origins: readonly string[];
}): () => void;
