import { type Labels, type Numbers } from "./values.ts";
import type { DriftReport, MetricsReport, PerformanceOutlook, WindowFigures } from "./reports.ts";
export { PlumblineError } from "./error.ts";
export type { Labels, Numbers } from "./values.ts";
export type { Answer, Binned, DriftRate, DriftReport, MeasureOutlook, MetricsReport, PerformanceOutlook, WindowDistance, WindowFigures, WindowReport, } from "./reports.ts";
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
