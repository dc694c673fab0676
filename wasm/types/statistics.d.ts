export { PlumblineError } from "./error.ts";
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
/** How often something happened in the reference and happens now. */
export interface DriftRate {
    reference: number;
    current: number;
    p_value: number;
}
/** Every feature compared, and the verdict on the whole: what `plumbline drift --json` prints. */
export interface DriftReport {
    reference_rows: number;
    current_rows: number;
    verdict: {
        drifted: boolean;
        /** How many features drifted, and how many may. */
        features: number;
        allowed: number;
        /** The part of the model's importance that lies on drifted features. */
        importance_share: number | null;
        sentence: string;
    };
    features: {
        feature: string;
        drifted: boolean;
        reasons: ("distribution" | "missing" | "outliers" | "new_categories")[];
        importance: number;
        /** None, like the others, when all current values are missing. */
        distance: number | null;
        p_value: number | null;
        /** The value at which the distributions of a number differ most. */
        location: {
            value: number;
            current_higher: boolean;
        } | null;
        population_stability: number | null;
        jensen_shannon: number | null;
        wasserstein: number | null;
        missing: DriftRate;
        outliers: DriftRate | null;
        new_categories: {
            count: number;
            rate: DriftRate;
            most: [string, number][];
        } | null;
    }[];
    left_out: {
        feature: string;
        reason: string;
    }[];
    only_in_reference: string[];
    only_in_current: string[];
    rejected_rows: number;
}
/** A measure on the reference leads, its expected value on the current ones with a 95 % interval, and its realised value; null without a denominator or outcomes. */
export interface MeasureOutlook {
    reference: number | null;
    expected: {
        value: number;
        interval: [number, number];
    } | null;
    realised: number | null;
}
/** Performance estimated before outcomes arrive, with the names of `plumbline drift --json`. */
export interface PerformanceOutlook {
    leads: number;
    leads_with_outcome: number;
    measures: Record<"roc_auc" | "average_precision" | "precision" | "recall" | "f1" | "specificity" | "accuracy", MeasureOutlook>;
}
/** Values of a column of a table. Whole numbers of a typed array are int64, others float64; an array is typed as pandas types a list. Missing is NaN or null. */
export type TableColumn = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array | readonly (number | string | boolean | Date | null)[];
/** A table: columns of one length by name. */
export type Table = Readonly<Record<string, TableColumn>>;
/** Level of detail of a suite's results, as named by Great Expectations. */
export type ResultFormat = "BOOLEAN_ONLY" | "BASIC" | "SUMMARY" | "COMPLETE";
/** The result document of Great Expectations 1.x. */
export interface SuiteResult {
    success: boolean;
    results: {
        success: boolean;
        expectation_config: {
            type: string;
            kwargs: Record<string, unknown>;
            meta: unknown;
            severity: "critical" | "warning" | "info";
            id?: string;
        };
        result: Record<string, unknown>;
        meta: Record<string, unknown>;
        exception_info: {
            raised_exception: boolean;
            exception_traceback: string | null;
            exception_message: string | null;
        };
    }[];
    suite_name: string;
    suite_parameters: Record<string, unknown>;
    statistics: {
        evaluated_expectations: number;
        successful_expectations: number;
        unsuccessful_expectations: number;
        success_percent: number | null;
    };
    meta: unknown;
    id: string | null;
}
/** A figure, or the reason there is none. */
export type Answer<T> = T | {
    insufficient: string;
};
/** A figure computed from bins, and the bounds of the exact one. */
export interface Binned {
    value: number;
    at_least: number;
    at_most: number;
}
/** The distance between counts and those of the reference; the exact KS statistic is between the two bounds. */
export interface WindowDistance {
    at_least: number;
    at_most: number;
    population_stability: number;
}
/** The figures of windows, with the names of `plumbline window show --json`. */
export interface WindowFigures {
    span_ms: [number, number] | null;
    freshness_ms: Answer<number>;
    requests: number;
    error_rate: Answer<number>;
    throughput: Answer<number>;
    latency_us: Answer<[number, number][]>;
    uptime: Answer<number>;
    leads: number;
    coverage: Answer<number>;
    outcomes: [number, number, number];
    conversion: Answer<[number, [number, number]]>;
    roc_auc: Answer<Binned & {
        interval: [number, number] | null;
    }>;
    roc_auc_explored: Answer<Binned & {
        interval: [number, number] | null;
    }>;
    roc_auc_worked: Answer<Binned & {
        interval: [number, number] | null;
    }>;
    calibration_error: Answer<Binned>;
    precision: number | null;
    recall: number | null;
    prediction: Answer<WindowDistance> | null;
    features: {
        name: string;
        values: number;
        missing: Answer<number>;
        mean: number | null;
        deviation: number | null;
        new_categories: number | null;
        new_by_name: [string, number][];
        drift: Answer<WindowDistance> | null;
        missing_p: number | null;
    }[];
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
export declare function experiment(settings: Declaration, columns: ExperimentColumns): Record<string, unknown>;
/** What a number of leads can detect, before the test starts. */
export declare function plan(declaration: Declaration): Record<string, unknown>;
