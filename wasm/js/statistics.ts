// The core's statistics over typed arrays. What the data cannot answer, and data that are none, is a PlumblineError with a code, such as
// `INSUFFICIENT_DATA`.
import * as module from "plumbline:analysis";
import { PlumblineError } from "./error.ts";

import type { DriftReport, ExperimentReport, MetricsReport, PerformanceOutlook, PlanReport, SuiteResult, WindowFigures } from "./reports.ts";

export { PlumblineError } from "./error.ts";
export type {
  Answer,
  Binned,
  DriftRate,
  DriftReport,
  ExperimentReport,
  MeasureOutlook,
  MetricsReport,
  PerformanceOutlook,
  PlanReport,
  SuiteResult,
  WindowDistance,
  WindowFigures,
  WindowReport,
} from "./reports.ts";

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

/** Values of a column of a table. Whole numbers of a typed array are int64, others float64; an array is typed as pandas types a list. Missing is NaN or null. */
export type TableColumn =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | readonly (number | string | boolean | Date | null)[];

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
  metrics: readonly { value: Numbers; with?: Numbers }[];
  /** Days of the sales cycle (NaN without a deal) and whether the deal closed. */
  cycle?: { days: Numbers; closed: Labels };
  /** By segment of the settings. */
  segments?: readonly (readonly (string | null)[])[];
}

/** The core's settings of an experiment or a plan; omitted members take their defaults. */
export type Declaration = Record<string, unknown>;

const bytes = (labels: Labels): Uint8Array => {
  if (labels instanceof Uint8Array) return labels;
  const odd = labels.findIndex((label) => Number(label) !== 0 && Number(label) !== 1);
  if (odd >= 0) throw new PlumblineError("NOT_A_LABEL", `label ${odd} is ${labels[odd]}, not 0, 1, false or true`);
  return Uint8Array.from(labels, Number);
};
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
const doubles = (numbers: Numbers): Float64Array => (numbers instanceof Float64Array ? numbers : Float64Array.from(numbers));
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
/** Rejects a number that JSON would silently write as null. */
const finite = (name: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) throw new PlumblineError("SUITE_NOT_JSON", `${name} is ${value}, which JSON cannot represent`);
  return value;
};
/** A copy of a table, made here because an exception thrown inside the module would leave its stack in disorder. */
const tableOf = (table: Table): object => {
  if (typeof table !== "object" || table === null) throw new PlumblineError("SETTINGS_INVALID", "a table must be an object of columns");
  return Object.fromEntries(Object.entries(table).map(([name, column]) => [name, Array.isArray(column) ? [...column] : column]));
};

/** What `work` returns; its failures as errors of this package. */
function told<T>(work: () => unknown): T {
  try {
    return work() as T;
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    throw code === undefined ? error : new PlumblineError(code, message ?? code);
  }
}

/** The area under the ROC curve, exact with ties and weights. */
export function rocAuc(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return told(() => module.rocAuc(doubles(scores), bytes(converted), optional(weights)));
}

/** Average precision: the area under the precision-recall steps. */
export function averagePrecision(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return told(() => module.averagePrecision(doubles(scores), bytes(converted), optional(weights)));
}

/** The mean of −ln(probability given to what happened), in nats. */
export function logLoss(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return told(() => module.logLoss(doubles(scores), bytes(converted), optional(weights)));
}

/** The mean of (probability − outcome)². */
export function brier(scores: Numbers, converted: Labels, weights?: Numbers): number {
  return told(() => module.brier(doubles(scores), bytes(converted), optional(weights)));
}

/** The area under the ROC curve with its interval at `confidence`. */
export function delong(scores: Numbers, converted: Labels, confidence = 0.95): Area {
  return told(() => module.delong(doubles(scores), bytes(converted), inside(confidence)));
}

/** Whether two models rank the same leads differently. */
export function compareAuc(first: Numbers, second: Numbers, converted: Labels, confidence = 0.95): AreaComparison {
  return told(() => module.compareAuc(doubles(first), doubles(second), bytes(converted), inside(confidence)));
}

/** Counts and rates when a lead is called positive from `threshold` on. */
export function confusion(scores: Numbers, converted: Labels, threshold: number, weights?: Numbers): Confusion {
  return told(() => module.confusion(doubles(scores), bytes(converted), threshold, optional(weights)));
}

/** Predicted and observed rates, in `bins` of equal width or, as quantiles, of equal size. */
export function reliability(scores: Numbers, converted: Labels, options: { bins?: number; quantile?: boolean } = {}): Reliability {
  return told(() => module.reliability(doubles(scores), bytes(converted), count(options.bins ?? 10), options.quantile ?? false));
}

/** The ranking in `parts` parts of equal weight: conversions gained and lift of each. */
export function gain(scores: Numbers, converted: Labels, parts = 10, weights?: Numbers): GainPart[] {
  return told(() => module.gain(doubles(scores), bytes(converted), count(parts), optional(weights)));
}

/** Every measure of scores against outcomes at once, as `plumbline metrics --json` prints it; a figure the data cannot answer says why. */
export function metricsReport(scores: Numbers, converted: Labels, options: MetricsOptions = {}): MetricsReport {
  return told(() => module.metricsReport(doubles(scores), bytes(converted), options));
}

/** A numeric feature before and now; statistics that need bins use `bins` quantiles of the reference. */
export function numericDrift(reference: Numbers, current: Numbers, bins = 10): NumericDrift {
  return told(() => module.numericDrift(doubles(reference), doubles(current), count(bins)));
}

/** Counts of the same categories before and now. */
export function categoryDrift(reference: Numbers, current: Numbers): CategoryDrift {
  return told(() => module.categoryDrift(doubles(reference), doubles(current)));
}

/** Every feature of two tables compared, as by `plumbline drift`. */
export function driftReport(features: readonly FeatureColumns[], limits: DriftLimits = {}): DriftReport {
  const columns = features.map((feature) => ({ ...feature, reference: columnOf(feature.reference), current: columnOf(feature.current) }));
  return told(() => module.driftReport(columns, limits));
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
  return told(() => module.estimatePerformance(scores, converted, doubles(current.scores), outcomes(current.converted), threshold));
}

/**
 * Checks a table against a Great Expectations suite (an object or its JSON text), like `plumbline quality`. Numbers beyond 2⁵³ in the result
 * are rounded to the nearest double.
 */
export function validate(
  suite: Declaration | string,
  table: Table,
  options: { resultFormat?: ResultFormat | Declaration } = {},
): SuiteResult {
  return told(() => {
    const text = typeof suite === "string" ? suite : JSON.stringify(suite, finite) ?? "";
    return module.validate(text, tableOf(table), JSON.stringify(options.resultFormat ?? "SUMMARY"));
  });
}

/** A suite that the table meets, derived from its columns. */
export function generateSuite(table: Table, name = "generated"): Declaration {
  return told(() => module.generateSuite(tableOf(table), String(name)));
}

/** Counts rows by the hour; returns the bytes of a file as written by `plumbline window make`. Features are counted in the bins of the file `like`, otherwise in bins derived from these rows. */
export function makeWindows(rows: WindowRows, like?: Uint8Array): Uint8Array {
  const { features = {}, ...columns } = rows;
  const odd = Object.keys(columns).find((name) => !ROWS.includes(name));
  if (odd !== undefined) throw new PlumblineError("OPTION_INVALID", `unknown result format ${odd}; use one of ${ROWS.join(", ")}`);
  const numbers = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, doubles(values)]));
  const texts = Object.fromEntries(Object.entries(features).map(([name, values]) => [name, columnOf(values)]));
  return told(() => module.makeWindows(numbers, texts, like));
}

/** Merges the hours of several files; the bytes do not depend on their order. */
export function mergeWindows(files: readonly Uint8Array[]): Uint8Array {
  return told(() => module.mergeWindows([...files]));
}

/** The figures of a file's windows, compared with a `reference` if given. */
export function readWindows(file: Uint8Array, options: { reference?: Uint8Array; nowMs?: number; fromMs?: number; toMs?: number } = {}): WindowFigures {
  const { reference, nowMs = Date.now(), ...rest } = options;
  return told(() => module.readWindows(file, reference, { nowMs, ...rest }));
}

/** The arm of each id by a split over weights in their order; use pairs if names look like numbers, because objects reorder those. */
export function split(settings: { hash?: HashMode; salt: string; weights: Readonly<Record<string, number>> | readonly (readonly [string, number])[] }, ids: readonly string[]): Drawn[] {
  const weights = Array.isArray(settings.weights) ? settings.weights : Object.entries(settings.weights);
  return told(() => module.split({ ...settings, weights }, ids));
}

/** The assignment of each id by an allocation as the service's settings declare it. */
export function assign(allocation: Declaration, ids: readonly string[]): { variant: string; role: string; cause: string; bucket_bp: number; explores: boolean; held_out: boolean }[] {
  return told(() => module.assign(allocation, ids));
}

/** The verdict of an experiment: metrics, guardrails, segments, sales cycle and the split. */
export function experiment(settings: Declaration, columns: ExperimentColumns): ExperimentReport {
  const { cycle, metrics } = columns;
  const plain = {
    arm: columns.arm,
    metrics: metrics.map((metric) => ({ value: doubles(metric.value), ...(metric.with && { with: doubles(metric.with) }) })),
    ...(cycle && { cycle: { days: doubles(cycle.days), closed: bytes(cycle.closed) } }),
    segments: columns.segments ?? [],
  };
  return told(() => module.experiment(settings, plain));
}

/** What a number of leads can detect, before the test starts. */
export function plan(declaration: Declaration): PlanReport {
  return told(() => module.plan(declaration));
}
