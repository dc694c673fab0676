// The core's statistics over typed arrays. What the data cannot answer, and data that are none, is a PlumblineError with a code, such as
// `INSUFFICIENT_DATA`.
import * as module from "plumbline:analysis";
import { PlumblineError, coded } from "./error.ts";
import { bytes, doubles, type Labels, type Numbers } from "./values.ts";

import type { DriftReport, MetricsReport, PerformanceOutlook, WindowFigures } from "./reports.ts";

export { PlumblineError } from "./error.ts";
export type { Labels, Numbers } from "./values.ts";
export type {
  Answer,
  Binned,
  DriftRate,
  DriftReport,
  MeasureOutlook,
  MetricsReport,
  PerformanceOutlook,
  WindowDistance,
  WindowFigures,
  WindowReport,
} from "./reports.ts";

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
  bins: { index: number; count: number; meanProbability: number; rate: number; interval: [number, number] }[];
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


/** `n` as a number of parts or bins. */
const count = (n: number): number => {
  if (!(Number.isInteger(n) && n >= 1 && n <= 100_000)) throw new PlumblineError("OPTION_INVALID", `${n} is not a whole number from 1 to 100000`);
  return n;
};
/** `p` as a confidence. */
const inside = (p: number): number => {
  if (!(p > 0 && p < 1)) throw new PlumblineError("OPTION_INVALID", `a confidence of ${p} is not between 0 and 1`);
  return p;
};
const optional = (numbers: Numbers | undefined): Float64Array | undefined => (numbers === undefined ? undefined : doubles(numbers));

/** The columns of a log row besides features. */
const ROWS = ["timeMs", "score", "converted", "explored", "latencyUs", "failed"];
const columnOf = (values: Column): Float64Array | readonly (string | null)[] =>
  values instanceof Float64Array ? values : typeof values.find((value) => value !== null) === "number" ? Float64Array.from(values as number[]) : (values as readonly (string | null)[]);

/** Outcomes that may be open: NaN, null or undefined. */
const outcomes = (values: Outcomes | null | undefined): Float64Array | undefined => {
  if (values === undefined || values === null) return undefined;
  return values instanceof Float64Array ? values : Float64Array.from(values, (value) => value ?? NaN);
};
/** The area under the ROC curve, exact with ties and weights. */
export function rocAuc(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return coded(() => module.rocAuc(doubles(scores), bytes(converted), optional(weights)));
}

/** Average precision: the area under the precision-recall steps. */
export function averagePrecision(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return coded(() => module.averagePrecision(doubles(scores), bytes(converted), optional(weights)));
}

/** The mean of −ln(probability given to what happened), in nats. */
export function logLoss(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return coded(() => module.logLoss(doubles(scores), bytes(converted), optional(weights)));
}

/** The mean of (probability − outcome)². */
export function brier(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return coded(() => module.brier(doubles(scores), bytes(converted), optional(weights)));
}

/** The area under the ROC curve with its interval at `confidence`. */
export function delong(scores: Numbers, converted: Labels, confidence = 0.95): Area {
  return coded(() => module.delong(doubles(scores), bytes(converted), inside(confidence)));
}

/** Whether two models rank the same leads differently. */
export function compareAuc(first: Numbers, second: Numbers, converted: Labels, confidence = 0.95): AreaComparison {
  return coded(() => module.compareAuc(doubles(first), doubles(second), bytes(converted), inside(confidence)));
}

/** Counts and rates when a lead is called positive from `threshold` on. */
export function confusion(scores: Numbers, converted: Labels, threshold: number, weights?: Numbers): Confusion {
  return coded(() => module.confusion(doubles(scores), bytes(converted), threshold, optional(weights)));
}

/** Predicted and observed rates, in `bins` of equal width or, as quantiles, of equal size. */
export function reliability(scores: Numbers, converted: Labels, options: { bins?: number; quantile?: boolean } = {}): Reliability {
  return coded(() => module.reliability(doubles(scores), bytes(converted), count(options.bins ?? 10), options.quantile ?? false));
}

/** The ranking in `parts` parts of equal weight: conversions gained and lift of each. */
export function gain(scores: Numbers, converted: Labels, parts = 10, weights?: Numbers): GainPart[] {
  return coded(() => module.gain(doubles(scores), bytes(converted), count(parts), optional(weights)));
}

/** Every measure of scores against outcomes at once, as `plumbline metrics --json` prints it; a figure the data cannot answer says why. */
export function metricsReport(scores: Numbers, converted: Labels, options: MetricsOptions = {}): MetricsReport {
  return coded(() => module.metricsReport(doubles(scores), bytes(converted), options));
}

/** A numeric feature before and now; statistics that need bins use `bins` quantiles of the reference. */
export function numericDrift(reference: Numbers, current: Numbers, bins = 10): NumericDrift {
  return coded(() => module.numericDrift(doubles(reference), doubles(current), count(bins)));
}

/** Counts of the same categories before and now. */
export function categoryDrift(reference: Numbers, current: Numbers): CategoryDrift {
  return coded(() => module.categoryDrift(doubles(reference), doubles(current)));
}

/** Every feature of two tables compared, as by `plumbline drift`. */
export function driftReport(features: readonly FeatureColumns[], limits: DriftLimits = {}): DriftReport {
  const columns = features.map((feature) => ({ ...feature, reference: columnOf(feature.reference), current: columnOf(feature.current) }));
  return coded(() => module.driftReport(columns, limits));
}

/**
 * The expected performance on leads whose outcomes are still open, from their probabilities (CBPE), fitted on reference leads with known
 * outcomes. Outcomes that have arrived are measured too. A lead is called from `threshold` on. The caller must remove leads without a
 * score.
 */
export function estimatePerformance(
  reference: { scores: Numbers; converted: Labels },
  current: { scores: Numbers; converted?: Outcomes | null },
  threshold = 0.5,
): PerformanceOutlook {
  const [scores, converted] = [doubles(reference.scores), bytes(reference.converted)];
  return coded(() => module.estimatePerformance(scores, converted, doubles(current.scores), outcomes(current.converted), threshold));
}

/** Counts rows by the hour; returns the bytes of a file as written by `plumbline window make`. Features are counted in the bins of the file `like`, otherwise in bins derived from these rows. */
export function makeWindows(rows: WindowRows, like?: Uint8Array): Uint8Array {
  const { features = {}, ...columns } = rows;
  const odd = Object.keys(columns).find((name) => !ROWS.includes(name));
  if (odd !== undefined) throw new PlumblineError("OPTION_INVALID", `unknown column ${odd}; use one of ${ROWS.join(", ")}`);
  const numbers = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, doubles(values)]));
  const texts = Object.fromEntries(Object.entries(features).map(([name, values]) => [name, columnOf(values)]));
  return coded(() => module.makeWindows(numbers, texts, like));
}

/** Merges the hours of several files; the bytes do not depend on their order. */
export function mergeWindows(files: readonly Uint8Array[]): Uint8Array {
  return coded(() => module.mergeWindows([...files]));
}

/** The figures of a file's windows, compared with a `reference` if given. */
export function readWindows(file: Uint8Array, options: { reference?: Uint8Array; nowMs?: number; fromMs?: number; toMs?: number } = {}): WindowFigures {
  const { reference, nowMs = Date.now(), ...rest } = options;
  return coded(() => module.readWindows(file, reference, { nowMs, ...rest }));
}
