export { PlumblineError } from "./error.ts";
/** Whether each lead converted: 0 or 1 (or true and false), one per score. */
export type Labels = Uint8Array | readonly (boolean | number)[];
/** Numbers, one per lead. */
export type Numbers = Float64Array | readonly number[];
/** An area under the ROC curve with DeLong's variance; the interval is none at an area of 0 or 1. */
export interface Area {
    auc: number;
    variance: number;
    interval: [number, number] | null;
}
/** Two models on the same leads, by DeLong's test. */
export interface AreaComparison {
    areas: [Area, Area];
    covariance: number;
    difference: number;
    z: number | null;
    pValue: number | null;
}
/** Counts at a threshold and the rates made of them; a rate that is not defined is null. */
export interface Confusion {
    truePositive: number;
    falsePositive: number;
    falseNegative: number;
    trueNegative: number;
    precision: number | null;
    recall: number | null;
    specificity: number | null;
    f1: number | null;
    accuracy: number | null;
}
/** What was said against what happened, in bins of probability. */
export interface Reliability {
    bins: {
        index: number;
        count: number;
        meanProbability: number;
        rate: number;
        interval: [number, number];
    }[];
    expectedError: number;
    maximumError: number;
}
/** One part of the ranking, the best first. */
export interface GainPart {
    leads: number;
    positives: number;
    gain: number;
    lift: number;
    cumulativeLift: number;
}
/** A number's values before and now, compared every way. */
export interface NumericDrift {
    reference: number;
    current: number;
    ks: number;
    ksPValue: number;
    wasserstein: number;
    energy: number;
    psi: number;
    jensenShannon: number;
    hellinger: number;
}
/** Counts of categories before and now, compared every way. */
export interface CategoryDrift {
    chiSquare: number;
    degrees: number;
    pValue: number;
    psi: number;
    jensenShannon: number;
    hellinger: number;
}
/** How ids become buckets. */
export type HashMode = "sha256" | "growthbook-v1" | "growthbook-v2" | "flagd" | "unleash";
/** A lead's arm, and where it stands in [0, 1). */
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
/** The core's settings of an experiment or a plan, by their names in docs/METHODS.md; what is left out has its usual value. */
export type Declaration = Record<string, unknown>;
/** The area under the ROC curve, exact with ties and weights. */
export declare function rocAuc(scores: Numbers, converted: Labels, weights?: Numbers): number;
/** Average precision: the area under the precision-recall steps. */
export declare function averagePrecision(scores: Numbers, converted: Labels, weights?: Numbers): number;
/** The mean of −ln(probability given to what happened), in nats. */
export declare function logLoss(scores: Numbers, converted: Labels, weights?: Numbers): number;
/** The mean of (probability − outcome)². */
export declare function brier(scores: Numbers, converted: Labels, weights?: Numbers): number;
/** The area under the ROC curve with its interval at `confidence`. */
export declare function delong(scores: Numbers, converted: Labels, confidence?: number): Area;
/** Whether two models rank the same leads differently. */
export declare function compareAuc(first: Numbers, second: Numbers, converted: Labels, confidence?: number): AreaComparison;
/** Counts and rates when a lead is called positive from `threshold` on. */
export declare function confusion(scores: Numbers, converted: Labels, threshold: number, weights?: Numbers): Confusion;
/** What was said against what happened, in `bins` of equal width or, as quantiles, of equal number. */
export declare function reliability(scores: Numbers, converted: Labels, options?: {
    bins?: number;
    quantile?: boolean;
}): Reliability;
/** The ranking in `parts` parts of equal weight: conversions gained and lift of each. */
export declare function gain(scores: Numbers, converted: Labels, parts?: number, weights?: Numbers): GainPart[];
/** A number before and now; what needs bins takes `bins` quantiles of the reference. */
export declare function numericDrift(reference: Numbers, current: Numbers, bins?: number): NumericDrift;
/** Counts of the same categories before and now. */
export declare function categoryDrift(reference: Numbers, current: Numbers): CategoryDrift;
/** The arm of each id by a plain split over weights, in their order; names that look like numbers need pairs, which keep it. */
export declare function split(settings: {
    hash?: HashMode;
    salt: string;
    weights: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
}, ids: readonly string[]): Drawn[];
/** The assignment of each id by an allocation as the service's settings declare it. */
export declare function assign(allocation: Declaration, ids: readonly string[]): {
    variant: string;
    role: string;
    cause: string;
    bucket_bp: number;
    explores: boolean;
    held_out: boolean;
}[];
/** The verdict over an experiment: metrics, guardrails, segments, sales cycle and the draw itself. */
export declare function experiment(settings: Declaration, columns: ExperimentColumns): Record<string, unknown>;
/** What a number of leads can show, before any is spent. */
export declare function plan(declaration: Declaration): Record<string, unknown>;
