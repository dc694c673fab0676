import type { DriftReport, ExperimentReport, MetricsReport, PerformanceOutlook, PlanReport, SuiteResult, WindowFigures } from "./reports.ts";
export { PlumblineError } from "./error.ts";
export type { Answer, Binned, DriftRate, DriftReport, ExperimentReport, MeasureOutlook, MetricsReport, PerformanceOutlook, PlanReport, SuiteResult, WindowDistance, WindowFigures, WindowReport, } from "./reports.ts";
/** Whether each lead converted: 0 or 1 (or true and false), one per score. */
export type Labels = Uint8Array | readonly (boolean | number)[];
/** Numbers, one per lead. */
export type Numbers = Float64Array | readonly number[];
/** Outcomes that may be open: 0, 1, or NaN or null. */
export type Outcomes = Float64Array | readonly (number | null)[];
/** An area under the ROC curve with DeLong's variance; there is no interval if the area is 0 or 1. */
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
/** Counts at a threshold and the rates computed from them; an undefined rate is null. */
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
/** Predicted and observed rates, in bins of probability. */
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
/** The values of a numeric feature before and now, compared by every statistic. */
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
/** Counts of categories before and now, compared by every statistic. */
export interface CategoryDrift {
    chiSquare: number;
    degrees: number;
    pValue: number;
    psi: number;
    jensenShannon: number;
    hellinger: number;
}
/** What to measure by; what is left out has the usual value. */
export interface MetricsOptions {
    /** The score from which a lead is called: 0.5. */
    threshold?: number;
    /** Where bands of scores are cut, rising: 0.2, 0.5 and 0.8. */
    bands?: readonly number[];
    /** Bins of the calibration error: 10. */
    bins?: number;
    /** Parts of the ranked list: 10. */
    parts?: number;
}
/** Values of a column: numbers (NaN is missing) or strings (null is missing). */
export type Column = Numbers | readonly (string | null)[];
/** One feature before and now, both of the same kind. */
export interface FeatureColumns {
    name: string;
    reference: Column;
    current: Column;
    /** How much the model depends on it, on any scale. */
    importance?: number;
}
/** Tolerances before a feature counts as drifted; omitted members take the defaults of `plumbline drift`. */
export interface DriftLimits {
    distance?: number;
    missing?: number;
    outliers?: number;
    newCategories?: number;
    chance?: number;
    featuresAllowed?: number;
}
/** Values of a column of a table. Whole numbers of a typed array are int64, others float64; an array is typed as pandas types a list. Missing is NaN or null. */
export type TableColumn = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array | readonly (number | string | boolean | Date | null)[];
/** A table: columns of one length by name. */
export type Table = Readonly<Record<string, TableColumn>>;
/** Level of detail of a suite's results, as named by Great Expectations. */
export type ResultFormat = "BOOLEAN_ONLY" | "BASIC" | "SUMMARY" | "COMPLETE";
/** Rows of a log, one value each; NaN: no score, an outcome that is still open, no latency. */
export interface WindowRows {
    /** Milliseconds since 1970. */
    timeMs: Numbers;
    score?: Numbers;
    converted?: Numbers;
    /** 1: in the exploration slice. */
    explored?: Numbers;
    latencyUs?: Numbers;
    /** 1: the request failed. */
    failed?: Numbers;
    /** By name. */
    features?: Readonly<Record<string, Column>>;
}
/** How ids become buckets. */
export type HashMode = "sha256" | "growthbook-v1" | "growthbook-v2" | "flagd" | "unleash";
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
/** The core's settings of an experiment or a plan; omitted members take their defaults. */
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
/** Predicted and observed rates, in `bins` of equal width or, as quantiles, of equal size. */
export declare function reliability(scores: Numbers, converted: Labels, options?: {
    bins?: number;
    quantile?: boolean;
}): Reliability;
/** The ranking in `parts` parts of equal weight: conversions gained and lift of each. */
export declare function gain(scores: Numbers, converted: Labels, parts?: number, weights?: Numbers): GainPart[];
/** Every measure of scores against outcomes at once, as `plumbline metrics --json` prints it; a figure the data cannot answer says why. */
export declare function metricsReport(scores: Numbers, converted: Labels, options?: MetricsOptions): MetricsReport;
/** A numeric feature before and now; statistics that need bins use `bins` quantiles of the reference. */
export declare function numericDrift(reference: Numbers, current: Numbers, bins?: number): NumericDrift;
/** Counts of the same categories before and now. */
export declare function categoryDrift(reference: Numbers, current: Numbers): CategoryDrift;
/** Every feature of two tables compared, as by `plumbline drift`. */
export declare function driftReport(features: readonly FeatureColumns[], limits?: DriftLimits): DriftReport;
/**
 * The expected performance on leads whose outcomes are still open, from their probabilities (CBPE), fitted on reference leads with known
 * outcomes. Outcomes that have arrived are measured too. A lead is called from `threshold` on. The caller must remove leads without a
 * score.
 */
export declare function estimatePerformance(reference: {
    scores: Numbers;
    converted: Labels;
}, current: {
    scores: Numbers;
    converted?: Outcomes | null;
}, threshold?: number): PerformanceOutlook;
/**
 * Checks a table against a Great Expectations suite (an object or its JSON text), like `plumbline quality`. Numbers beyond 2⁵³ in the result
 * are rounded to the nearest double.
 */
export declare function validate(suite: Declaration | string, table: Table, options?: {
    resultFormat?: ResultFormat | Declaration;
}): SuiteResult;
/** A suite that the table meets, derived from its columns. */
export declare function generateSuite(table: Table, name?: string): Declaration;
/** Counts rows by the hour; returns the bytes of a file as written by `plumbline window make`. Features are counted in the bins of the file `like`, otherwise in bins derived from these rows. */
export declare function makeWindows(rows: WindowRows, like?: Uint8Array): Uint8Array;
/** Merges the hours of several files; the bytes do not depend on their order. */
export declare function mergeWindows(files: readonly Uint8Array[]): Uint8Array;
/** The figures of a file's windows, compared with a `reference` if given. */
export declare function readWindows(file: Uint8Array, options?: {
    reference?: Uint8Array;
    nowMs?: number;
    fromMs?: number;
    toMs?: number;
}): WindowFigures;
/** The arm of each id by a split over weights in their order; use pairs if names look like numbers, because objects reorder those. */
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
/** The verdict of an experiment: metrics, guardrails, segments, sales cycle and the split. */
export declare function experiment(settings: Declaration, columns: ExperimentColumns): ExperimentReport;
/** What a number of leads can detect, before the test starts. */
export declare function plan(declaration: Declaration): PlanReport;
