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
}
/** Who scored a list. */
export type ScoredBy = "worker" | "page" | "service";
