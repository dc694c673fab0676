import { type Scorer } from "./element-deployment.ts";
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
/** A page's connection to one service. */
export declare class Connection extends EventTarget {
    #private;
    readonly mode: Mode;
    readonly rep: string | undefined;
    /**
     * Scores a lead, with all its reasons.
     *
     * @throws {PlumblineError} `LEAD_…` with the field; `SERVICE_UNREACHABLE`, or a code of the service.
     */
    score(lead: Lead): Promise<Scored>;
    /** Sends what waits; resolves when the service took it, or when it has to be tried again later. */
    flush(): Promise<void>;
    /** How many events wait for the service. */
    waiting(): Promise<number>;
}
/**
 * The page's connection to a service: one for the same options, shared by all elements.
 *
 * Events: `deployment` when another deployment serves; `rejected` with `detail` `{id, code}` when the service rejects feedback for good.
 */
export declare function connect(options: ConnectOptions): Connection;
