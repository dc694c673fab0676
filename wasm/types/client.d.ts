import { PlumblineError } from "./error.ts";
import type { Lead, Score } from "./types.ts";
export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue, Reason, Score } from "./types.ts";
/** What a host's `fetch` answers, as far as it is read. */
export interface Answer {
    readonly status: number;
    text(): Promise<string>;
}
/** A host's `fetch`. */
export type Fetch = (url: string, options: {
    method: "POST";
    headers: Record<string, string>;
    body: string;
}) => Promise<Answer>;
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
/** The service, asked by `fetch` alone. */
export declare class Client {
    #private;
    constructor({ service, key, fetch, most_bytes }: ClientOptions);
    /**
     * The service's score of a lead, with up to `reasons` reasons (0 to 20, 3).
     *
     * @throws {PlumblineError} `LEAD_…` with the field; `SERVICE_UNREACHABLE`, `TOO_LARGE`, or a code of the service.
     */
    score(lead: Lead, { reasons }?: {
        reasons?: number;
    }): Promise<ServedScore>;
    /** The service's scores in the order of `leads`, or why a lead has none; at most 200 leads a request, fewer where they are large. */
    scoreBatch(leads: readonly Lead[], { reasons }?: {
        reasons?: number;
    }): Promise<(ServedScore | PlumblineError)[]>;
    /**
     * Sends what a rep says.
     *
     * @throws {PlumblineError} `EVENT_…` with the reason why the service does not take it.
     */
    feedback(feedback: Feedback): Promise<void>;
}
