import type { LeadValue } from "./types.ts";
import { type Labels, type Numbers } from "./values.ts";
import type { ExperimentReport, PlanReport } from "./reports.ts";
import type { AllocationSettings, ExperimentPlan, ExperimentSettings, HashMode } from "./settings.ts";
export { PlumblineError } from "./error.ts";
export type { ExperimentReport, PlanReport } from "./reports.ts";
export type { AllocationSettings, ExperimentPlan, ExperimentSettings, HashMode } from "./settings.ts";
export type { Labels, Numbers } from "./values.ts";
/** A lead's arm, and its position in [0, 1). */
export interface Drawn {
    arm: string;
    point: number;
}
/** Columns of an experiment, one value per lead. */
export interface ExperimentColumns {
    /** Index of the arm. */
    arm: Uint32Array | readonly number[];
    /** The primary metric, then the guardrails', in the order of the settings. NaN: the outcome is not known yet. */
    metrics: readonly {
        value: Numbers;
        with?: Numbers;
    }[];
    /** Days of the sales cycle (NaN without a deal) and whether the deal closed. */
    cycle?: {
        days: Numbers;
        closed: Labels;
    };
    /** By segment of the settings. */
    segments?: readonly (readonly (string | null)[])[];
}
/** The arm of each id by a split over weights in their order; use pairs if names look like numbers, because objects reorder those. */
export declare function split(settings: {
    hash?: HashMode;
    salt: string;
    weights: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
}, ids: readonly string[]): Drawn[];
/**
 * The assignment of each id by an allocation as the service's settings declare it. `fields` are the leads' values for the rules, in the order
 * of the ids, each as the champion's schema reads it; without them every field is missing.
 */
export declare function assign(allocation: AllocationSettings, ids: readonly string[], fields?: readonly Readonly<Record<string, LeadValue>>[]): {
    variant: string;
    role: string;
    cause: string;
    bucket_bp: number;
    explores: boolean;
    held_out: boolean;
}[];
/** The verdict of an experiment: metrics, guardrails, segments, sales cycle and the split. */
export declare function experiment(settings: ExperimentSettings, columns: ExperimentColumns): ExperimentReport;
/** What a number of leads can detect, before the test starts. */
export declare function plan(declaration: ExperimentPlan): PlanReport;
