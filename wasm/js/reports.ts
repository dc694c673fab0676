// Generated from docs/schema by `npm run types`: what commands print with --json, and what this package returns.

/** A figure, or the reason why there is none. */
export type Answer<T> = T | { insufficient: string };

/** Any value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Two models on the leads that have both scores, by DeLong's test. */
export type AgainstModel = {
  /** The column with the other model's score. */
  against: string;
  /** Leads with both scores. */
  leads: number;
} & (Answer<AreaDifference>);

/** How often the rules found drift where there was none, as parts of the deals. */
export interface AlarmRates {
  /** The part in which at least one feature counted as drifted. */
  any_feature: number;
  /** The part in which each feature did. */
  by_feature: Record<string, number>;
  /** Deals. */
  deals: number;
  /** The seed of the deals. */
  seed: number;
  /** The part in which the table did. */
  verdict: number;
}

/** Two areas under the ROC curve and their difference. */
export interface AreaDifference {
  /** The first area less the second. */
  difference: number;
  /** Their 95 % intervals. */
  intervals: [([number, number] | null), ([number, number] | null)];
  /** The two-sided p-value of no difference; null when the two models rank alike. */
  p_value: number | null;
  /** The areas: of this model, then of the other. */
  roc_auc: [number, number];
  /** The difference in standard errors; null when the two models rank alike. */
  z: number | null;
}

/** One arm. */
export interface ArmReport {
  /** Leads in it, with or without an outcome. */
  leads: number;
  /** Those of them left out because their values could not be read: they count for the split alone. */
  left_out: number;
  /** Its name. */
  name: string;
  /** Its part of all weights. */
  share: number;
  /** Its chance to be the best by the primary metric, and what choosing it is expected to cost; none while it cannot be told. */
  standing: Standing | null;
}

/** Counts at a threshold, and the rates made of them; a rate without a denominator is null. */
export interface AtThreshold {
  /** The part that was called rightly. */
  accuracy: number | null;
  /** The mean of recall and specificity. */
  balanced_accuracy: number | null;
  /** The harmonic mean of the two. */
  f1: number | null;
  /** Called negative, converted. */
  false_negative: number;
  /** Called positive, did not convert. */
  false_positive: number;
  /** Cohen's kappa. */
  kappa: number | null;
  /** Matthews' correlation coefficient. */
  matthews: number | null;
  /** Of the leads called, the part that converted. */
  precision: number | null;
  /** Of the leads that converted, the part that was called. */
  recall: number | null;
  /** Of the leads that did not convert, the part that was not called. */
  specificity: number | null;
  /** The score from which on a lead is called. */
  threshold: number;
  /** Called negative, did not convert. */
  true_negative: number;
  /** Called positive, converted. */
  true_positive: number;
}

/** The metric without the treatment. */
export type Baseline = {
  rate: number;
} | {
  mean: {
    /** The standard deviation of one lead. */
    deviation: number;
    /** The mean. */
    mean: number;
  };
};

/** The direction that is better. */
export type Better = "more" | "less";

/** A figure with the precision of bins. */
export interface Binned {
  /** The exact figure is at least that. */
  at_least: number;
  /** The exact figure is at most that. */
  at_most: number;
  /** The middle: of an area, pairs of one bin counted half. */
  value: number;
}

/** An area under the ROC curve from bins. */
export interface BinnedArea {
  /** The exact figure is at least that. */
  at_least: number;
  /** The exact figure is at most that. */
  at_most: number;
  /** Its 95 % interval (DeLong, on the logit scale); none at an area of 0 or 1 or with fewer than two leads of a class. */
  interval: [number, number] | null;
  /** The middle: of an area, pairs of one bin counted half. */
  value: number;
}

/** The parts of a Brier score: reliability − resolution + uncertainty + within. */
export interface BrierParts {
  /** How far the bins' rates are from their probabilities. */
  reliability: number;
  /** How far the bins' rates are from the rate of all. */
  resolution: number;
  /** The variance of the outcome. */
  uncertainty: number;
  /** What the bins hide. */
  within: number;
}

/** The sales cycle. */
export interface CycleReport {
  /** Deals whose days are known, and how many of them closed. */
  deals: [[number, number], [number, number]];
  /** Treatment less control, days. */
  difference: number;
  /** Whether "no increase" holds. */
  finding: Finding;
  /** The days looked at. */
  horizon: number;
  /** Its interval: the upper end holds at α, the lower at half of α shared by all limits; none while it is unknown. */
  interval: Interval | null;
  /** The log-rank test's p-value. */
  log_rank_p: number | null;
  /** The days it may be longer by. */
  margin_days: number;
  /** Mean days a deal is open within the horizon, control then treatment (restricted means). */
  mean_days: [number, number];
  /** Days by which half the deals are closed, where that is so. */
  median_days: [(number | null), (number | null)];
  /** Its name. */
  name: string;
  /** It in words. */
  sentence: string;
  /** Its standard error. */
  standard_error: number;
  /** Deals whose days are not known: while there are any, the finding is open. */
  unknown: [number, number];
}

/** The limit of a guardrail. */
export type Demand = {
  margin: number;
} | {
  "at-least": number;
} | {
  "at-most": number;
};

/** Which way a segment goes. */
export type Direction = "better" | "worse" | "not-shown";

/** How often something happened in the reference and happens now. */
export interface DriftRate {
  /** Part of the current values. */
  current: number;
  /** The chance of at least so many now if nothing had changed. */
  p_value: number;
  /** Part of the reference values. */
  reference: number;
}

/** Why a feature counts as drifted. */
export type DriftReason = "distribution" | "missing" | "outliers" | "new_categories";

/** Current leads against the reference: every feature, the predictions, and one verdict. */
export interface DriftReport {
  /** Current rows. */
  current_rows: number;
  /** How often these rules report drift when nothing drifted; absent when not measured. */
  false_alarms?: Answer<AlarmRates> | null;
  /** Every feature that was compared, in the order given. */
  features: FeatureDrift[];
  /** Features that could not be compared. */
  left_out: LeftOut[];
  /** Values that do not fit the rest of their column, a sentence per column and input; they count as missing. */
  odd_values?: string[];
  /** Columns that only the current leads have. */
  only_in_current: string[];
  /** Columns that only the reference has. */
  only_in_reference: string[];
  /** The performance to expect; absent without scores or reference outcomes. */
  performance?: Answer<PerformanceOutlook> | null;
  /** The scores; absent when no score was named. */
  prediction?: Answer<PredictionDrift> | null;
  /** Rows of the reference. */
  reference_rows: number;
  /** Rows of both inputs that could not be read. */
  rejected_rows: number;
  /** Where the current rows went; absent where no input was read. */
  rows_of_current?: RowAccount | null;
  /** Where the rows of the reference went; absent where no input was read. */
  rows_of_reference?: RowAccount | null;
  /** Leads without a score; absent when no score was named. */
  unscored?: Unscored | null;
  /** The verdict on the table. */
  verdict: DriftVerdict;
}

/** Whether the table drifted. */
export interface DriftVerdict {
  /** How many may: those the rules allow, or all but one where there are no more. */
  allowed: number;
  /** Whether more features drifted than the rules allow. */
  drifted: boolean;
  /** How many features drifted. */
  features: number;
  /** The part of the model's importance that lies on drifted features; null when no model was named or nothing has importance. */
  importance_share: number | null;
  /** Why drift could not have been found, a sentence; null when the rows suffice. */
  insufficient: string | null;
  /** The verdict in words. */
  sentence: string;
  /** The p-value that a finding about one feature had to be below, so that all of them together hold the rate of false alarms. */
  threshold: number;
}

/** How long it takes. */
export interface Duration {
  /** Days until the last lead has its outcome. */
  days: number;
  /** Days until enough leads are in. */
  enrolment_days: number;
  /** Whole weeks to enrol for, so that each day of the week counts equally. */
  weeks: number;
}

/** What a treatment changes. */
export interface Effect {
  /** Welch and Satterthwaite's degrees of freedom. */
  freedom: number;
  /** Absolute or relative. */
  scale: Scale;
  /** Its standard error. */
  standard_error: number;
  /** Units of both arms. */
  units: number;
  /** Treatment less control; relative: as a part of the control's (unadjusted) mean. */
  value: number;
}

/** What a test found. */
export interface EffectTest {
  /** The values of the effect that the test does not reject. */
  interval: Interval;
  /** The probability of an effect at least as large by chance. */
  p_value: number;
}

/** Why an expectation could not be judged. */
export interface ExceptionInfo {
  /** What happened, a sentence. */
  exception_message: string | null;
  /** The kind of exception and its message. */
  exception_traceback: string | null;
  /** Whether it could not be judged. */
  raised_exception: boolean;
}

/** An expectation as its suite has it. */
export interface ExpectationConfig {
  /** Its id; absent when it has none. */
  id?: string | null;
  /** Its arguments. */
  kwargs: Record<string, Json>;
  /** What its author noted. */
  meta: Json;
  /** How grave it is when it is not met. */
  severity: Severity;
  /** Its type, such as `expect_column_values_to_be_in_set`. */
  type: string;
}

/** What an observed value is made of. */
export interface ExpectationDetails {
  /** The distribution that was expected. */
  expected_partition?: ExpectationPartition | null;
  /** Columns of the table that are not as expected. */
  mismatched?: Json;
  /** The Kolmogorov–Smirnov distance and its p-value. */
  observed_ks_result?: [number, number] | null;
  /** The distribution that was seen. */
  observed_partition?: ExpectationPartition | null;
  /** Per quantile, whether it is in its range. */
  success_details?: boolean[] | null;
}

/** What was found. */
export interface ExpectationFound {
  /** What the observed value is made of. */
  details?: ExpectationDetails | null;
  /** Rows looked at. */
  element_count?: number | null;
  /** Rows without a value, or values of the set that are absent. */
  missing_count?: number | null;
  /** The part of rows without a value, in percent. */
  missing_percent?: number | null;
  /** The observed value: a number, a text, a list or an object, as the expectation asks for. */
  observed_value?: Json;
  /** The first values of the set that are absent. */
  partial_missing_list?: Json[] | null;
  /** The most frequent unexpected values. */
  partial_unexpected_counts?: ValueCount[] | null;
  /** The first unexpected rows: numbers from 0, or objects of the index columns. */
  partial_unexpected_index_list?: Json[] | null;
  /** The first unexpected values. */
  partial_unexpected_list?: Json[] | null;
  /** Rows that are not as expected. */
  unexpected_count?: number | null;
  /** The columns that name a row. */
  unexpected_index_column_names?: string[] | null;
  /** The unexpected rows. */
  unexpected_index_list?: Json[] | null;
  /** The pandas expression that selects them. */
  unexpected_index_query?: string | null;
  /** The unexpected values. */
  unexpected_list?: Json[] | null;
  /** Their part of the rows that count, in percent. */
  unexpected_percent?: number | null;
  /** Their part of the rows with a value, in percent. */
  unexpected_percent_nonmissing?: number | null;
  /** Their part of all rows, in percent. */
  unexpected_percent_total?: number | null;
}

/** A distribution: weights of values, or of bins between edges. */
export interface ExpectationPartition {
  /** The edges of the bins. */
  bins?: Json[] | null;
  /** The weights below the first edge and above the last. */
  tail_weights?: Json[] | null;
  /** The values. */
  values?: Json[] | null;
  /** The weight of each value or bin. */
  weights: Json[];
}

/** What became of one expectation. */
export interface ExpectationResult {
  /** Why it could not be judged. */
  exception_info: ExceptionInfo;
  /** The expectation. */
  expectation_config: ExpectationConfig;
  /** Empty. */
  meta: Record<string, Json>;
  /** What was found. */
  result: ExpectationFound;
  /** Whether it is met. */
  success: boolean;
}

/** The value to expect of a measure. */
export interface Expected {
  /** Where the realised value lies in 95 of 100 windows, if the calibration holds. */
  interval: [number, number];
  /** The value. */
  value: number;
}

/** The expected loss of choosing an arm compared with knowing the better one, in the unit of the effect. */
export interface ExpectedLoss {
  /** Of keeping the control: E max(effect, 0). */
  control: number;
  /** Of taking the treatment: E max(−effect, 0). */
  treatment: number;
}

/** One metric, control and treatment. */
export interface ExperimentMetric {
  /** Which way is good. */
  better: Better;
  /** The control's figure. */
  control: Figure;
  /** Its name. */
  name: string;
  /** What the treatment changes. */
  outcome: ExperimentOutcome;
  /** The slope by which values known before were taken out (CUPED). */
  slope: number | null;
  /** The treatment's figure. */
  treatment: Figure;
}

/** What can be said of a change. */
export type ExperimentOutcome = Measurement | {
  /** A stable name of the reason. */
  code: string;
  /** The reason, a sentence. */
  message: string;
};

/** What is planned. */
export interface ExperimentPlan {
  /** The accepted rate of false alarms. */
  alpha: Level;
  /** The metric without the treatment. */
  baseline: Baseline;
  /** New leads per day in all arms together. */
  leads_per_day: number | null;
  /** The smallest change that matters. */
  lift: number;
  /** How the experiment is looked at; once when absent. */
  method: Method;
  /** Days until a lead's outcome is known. */
  outcome_delay_days: number;
  /** Available leads per arm, to report what they can detect. */
  per_arm: number | null;
  /** The desired chance to detect `lift` if it exists. */
  power: number;
  /** Whether `lift` is relative or in the metric's unit. */
  scale: Scale;
  /** Treatments besides the control; each is compared with it at α / treatments. */
  treatments: number;
}

/** What an experiment comes to. */
export interface ExperimentReport {
  /** The arms, the control first. */
  arms: ArmReport[];
  /** Each treatment against the control. */
  comparisons: TreatmentReport[];
  /** The same of the leads whose values could be read; absent when none was left out. */
  kept_ratio?: SampleRatio | null;
  /** What a reader should know beside. */
  notes: string[];
  /** Where the rows of the input went; absent where no input was read. */
  rows?: RowAccount | null;
  /** Whether the arms have the planned split; none without leads. */
  sample_ratio: SampleRatio | null;
  /** It in words. */
  sentence: string;
  /** The verdict of the best treatment, or on the experiment itself. */
  verdict: ExperimentVerdict;
}

/** What to do. Only `Win` is a reason to go on; `Inconclusive` is a reason to wait. */
export type ExperimentVerdict = {
  kind: "win";
} | {
  kind: "lose";
} | {
  /** By how much to go on; none when more leads are not expected to show anything that matters. */
  extend: Extension | null;
  kind: "inconclusive";
} | {
  /** Leads with an outcome in the smaller arm. */
  found: number;
  kind: "insufficient-data";
  /** How many each arm needs; none when no number is known to be enough. */
  needed: number | null;
} | {
  kind: "invalid";
  /** Of that sample ratio. */
  p_value: number;
};

/** How long to go on. */
export interface Extension {
  /** The days that takes, when leads per day are known. */
  days: number | null;
  /** More leads with an outcome, per arm. */
  leads_per_arm: number;
}

/** What one feature's comparison found. */
export interface FeatureDrift {
  /** The KS statistic of a number, the total variation distance of a category; none when all current values are missing. */
  distance: number | null;
  /** Whether it counts as drifted. */
  drifted: boolean;
  /** Its name. */
  feature: string;
  /** How much the model depends on it; null when no model was named. */
  importance: number | null;
  /** The Jensen–Shannon distance of the same. */
  jensen_shannon: number | null;
  /** Where the distributions of a number differ most. */
  location: Location | null;
  /** Missing values. */
  missing: DriftRate;
  /** A category's values that the reference does not have. */
  new_categories: NewCategories | null;
  /** A number's values beyond the reference's far fences. */
  outliers: DriftRate | null;
  /** The chance of at least that without drift, exact where samples are small; none when there is but one category or no value. */
  p_value: number | null;
  /** The population stability index, in deciles of the reference or by category; none when all current values are missing. */
  population_stability: number | null;
  /** Why it counts as drifted; empty when it does not. */
  reasons: DriftReason[];
  /** A number's Wasserstein distance in standard deviations of the reference. */
  wasserstein: number | null;
}

/** A mean with its number of leads. */
export interface Figure {
  /** Leads with an outcome. */
  leads: number;
  /** The mean (rate, ratio), before adjustment; none without leads. */
  mean: number | null;
  /** Leads whose outcome is not known yet. */
  open: number;
}

/** What the data say about a claim. */
export type Finding = "shown" | "refuted" | "open";

/** What a given number of leads can detect. */
export interface Given {
  /** The smallest increase detected with the planned power, on the plan's scale; none if there is none. */
  detectable: number | null;
  /** Leads per arm. */
  per_arm: number;
  /** The chance to detect the planned lift. */
  power: number;
}

/** A guardrail. */
export interface GuardrailReport {
  /** What is demanded. */
  demand: Demand;
  /** Whether the demand is met. */
  finding: Finding;
  /** The interval the demand is held against: of the change for a margin, of the treatment's mean else. The end that shows the demand to be met holds at α, the other at half of α shared by all limits. */
  interval: Interval | null;
  /** The metric. */
  metric: ExperimentMetric;
  /** It in words. */
  sentence: string;
}

/** From where to where; infinite on a side that is left open (JSON: null). */
export interface Interval {
  /** The lower end. */
  lower: number | null;
  /** The upper end. */
  upper: number | null;
}

/** A feature that could not be compared. */
export interface LeftOut {
  /** Its name. */
  feature: string;
  /** Why, a sentence. */
  reason: string;
}

/** The error one accepts: the probability of a false alarm, such as 0.05. An interval at this level has confidence 1 − α. */
export type Level = number;

/** One part of the ranking, best first. */
export interface ListPart {
  /** Conversion here and before over conversion of all. */
  cumulative_lift: number;
  /** Part of all that converted, here and before: cumulative gain. */
  gain: number;
  /** Weight of the leads in it. */
  leads: number;
  /** Conversion here over conversion of all. */
  lift: number;
  /** Weight of those that converted. */
  positives: number;
}

/** The value at which the distributions of a number differ most. */
export interface Location {
  /** Whether current values are higher there. */
  current_higher: boolean;
  /** The value. */
  value: number;
}

/** The mean score. */
export interface MeanScore {
  /** Now. */
  current: number;
  /** In the reference. */
  reference: number;
}

/** One measure three times. */
export interface MeasureOutlook {
  /** On the window's leads, from their probabilities. */
  expected: Expected | null;
  /** On those of the window's leads whose outcomes are known. */
  realised: number | null;
  /** On the reference leads. */
  reference: number | null;
}

/** A change with what the tests say of it. */
export interface Measurement {
  /** The chance that the treatment is better, after these data alone. */
  chance_to_win: number;
  /** The same by the delta method, as GrowthBook reports it; none at planned looks. */
  delta_method: EffectTest | null;
  /** The change. */
  effect: Effect;
  /** Whether the test counts exactly, because an arm has too few leads of a kind for a standard error. */
  exact: boolean;
  /** What keeping the control or taking the treatment is expected to cost, in the unit of the effect. */
  expected_loss: ExpectedLoss;
  /** Whether it is 0, by the experiment's method: what decides. */
  test: EffectTest;
}

/** How an experiment is looked at. */
export type Method = "fixed" | {
  sequential: {
    /** The leads of both arms at which the interval is tightest; none: the planned end (when planning), 5,000 (when analysing). */
    tuned_to: number | null;
  };
} | {
  "group-sequential": {
    /** The part of all leads that is in at each look, rising to 1. */
    information: number[];
    /** Which of them this is, from 1; none when planning. */
    look: number | null;
    /** How α is spent. */
    spending: Spending;
  };
};

/** The measures of each value of one column. */
export interface MetricsBySegment {
  /** The column. */
  column: string;
  /** Its values, the one with most leads first. */
  values: SegmentMetrics[];
}

/** Scores against outcomes. Measures of probabilities are absent when a score is outside [0, 1]. */
export interface MetricsReport {
  /** Counts and rates at the threshold. */
  at_threshold: AtThreshold;
  /** Average precision. */
  average_precision: Answer<number>;
  /** Leads and conversion by band of scores, the lowest first; absent without leads. */
  bands?: ScoreBand[] | null;
  /** The Brier score. */
  brier?: number | null;
  /** What the Brier score is made of. */
  brier_parts?: BrierParts | null;
  /** The expected calibration error. */
  calibration_error?: number | null;
  /** The largest calibration error of a bin. */
  calibration_error_maximum?: number | null;
  /** Another model's scores of the same leads. */
  comparison?: AgainstModel | null;
  /** The area on the exploration slice and on the other leads. */
  exploration?: Slices | null;
  /** The Kolmogorov–Smirnov distance of the two classes. */
  ks: Answer<number>;
  /** Leads with a score and a final outcome. */
  leads: number;
  /** The log loss, in nats. */
  log_loss?: Answer<number> | null;
  /** Which outcomes count as final, in words; null when all do. */
  maturity: string | null;
  /** Leads with a score whose outcome is not final. */
  open: number;
  /** The list in parts, best first; absent without conversions. */
  parts?: ListPart[] | null;
  /** Of those, the ones that converted. */
  positives: number;
  /** Rows of the input that could not be read. */
  rejected_rows: number;
  /** Probabilities against rates, bins that hold leads. */
  reliability?: ReliabilityBin[] | null;
  /** The area under the ROC curve. */
  roc_auc: Answer<number>;
  /** Its 95 % interval (DeLong, on the logit scale; wider with few leads of a class); null with fewer than two leads of a class. */
  roc_auc_interval: [number, number] | null;
  /** Why there is no interval, a sentence; null when there is one. */
  roc_auc_interval_reason: string | null;
  /** The area up to a false-positive rate of 0.1, standardised. */
  "roc_auc_max_fpr_0.1": Answer<number>;
  /** Where the rows of the input went; absent where no input was read. */
  rows?: RowAccount | null;
  /** The measures of each value of a segment column. */
  segments?: MetricsBySegment | null;
  /** Leads without a score. */
  unscored: number;
}

/** Leads that are needed. */
export interface Needed {
  /** Per arm, before rounding. */
  exact: number;
  /** Per arm, rounded up. */
  per_arm: number;
  /** In all arms. */
  total: number;
}

/** Categories that the reference does not have. */
export interface NewCategories {
  /** How many there are. */
  count: number;
  /** The part expected without drift: of rare categories a sample always has some that another has not. */
  expected: number;
  /** The most frequent of them with their counts. */
  most: [string, number][];
  /** The part of the current values in them, and at most the chance of so many. */
  rate: DriftRate;
}

/** One percentile of the scores. */
export interface Percentile {
  /** Now. */
  current: number;
  /** Which, as a part of 1. */
  q: number;
  /** In the reference. */
  reference: number;
}

/** The measures of a window beside those of the reference.  As JSON: `leads`, `leads_with_outcome` and `measures`, where each measure has `reference`, `expected` (`value` and the 95 % `interval`) and `realised`; what has no denominator or no outcomes yet is null. */
export interface PerformanceOutlook {
  /** Leads of the window. */
  leads: number;
  /** Leads of the window whose outcomes are known. */
  leads_with_outcome: number;
  /** By measure: all of `Measure::ALL`. */
  measures: Record<string, MeasureOutlook>;
}

/** The result of a plan. */
export interface PlanReport {
  /** The days from the first lead to the last outcome, when leads per day are known. */
  duration: Duration | null;
  /** What `Plan::per_arm` leads can detect. */
  given: Given | null;
  /** The leads needed, as a multiple of those of a test with a single look. */
  inflation: number;
  /** Leads each arm needs. */
  needed: Needed;
  /** The plan. */
  plan: ExperimentPlan;
  /** Where the rows of the input went; absent where no input was read. */
  rows?: RowAccount | null;
  /** The result in words. */
  sentences: string[];
}

/** The scores then and now. */
export interface PredictionDrift {
  /** The KS statistic. */
  distance: number;
  /** Whether the distance is larger than the rules tolerate and chance explains. */
  drifted: boolean;
  /** The mean score. */
  mean: MeanScore;
  /** The chance of at least that without drift. */
  p_value: number;
  /** The percentiles of `PERCENTILES`. */
  percentiles: Percentile[];
  /** The population stability index in deciles of the reference; of probabilities in deciles of a thousand bins, as windows have them. */
  population_stability: number;
}

/** The leads of one range of probability. */
export interface ReliabilityBin {
  /** Number of the bin, empty ones counted. */
  bin: number;
  /** 95 % interval of the rate (Wilson 1927). */
  interval: [number, number];
  /** Leads. */
  leads: number;
  /** Mean probability: what was said. */
  mean_probability: number;
  /** Part that converted: what happened. */
  rate: number;
}

/** Where the rows of one or several inputs went: `read` is `used` plus the rows of all reasons in `left_out`. */
export interface RowAccount {
  /** The others, by reason, in the order of first occurrence. */
  left_out: RowsLeftOut[];
  /** Rows that were read. */
  read: number;
  /** Rows that the figures are made of. */
  used: number;
}

/** A row that was left out. */
export interface RowExample {
  /** What is wrong, with the value. */
  message: string;
  /** The file and the line, or the row of a Parquet file. */
  place: string;
}

/** Rows that were left out for one reason. */
export interface RowsLeftOut {
  /** The first of them. */
  examples: RowExample[];
  /** Whether such rows are ordinary, as leads whose outcome is still open: they do not count towards `--max-left-out`. */
  ordinary: boolean;
  /** The reason, a stable code such as `SCORE_MISSING`. */
  reason: string;
  /** How many rows. */
  rows: number;
}

/** Counts of arms against their shares. */
export interface SampleRatio {
  /** Leads each arm should have had. */
  expected: number[];
  /** Arms with a share, less one. */
  freedom: number;
  /** The probability of a deviation at least as large under a correct assignment. */
  p_value: number;
  /** Pearson's chi-square. */
  statistic: number;
}

/** The scale of a difference. */
export type Scale = "relative" | "absolute";

/** The leads of one band of scores. */
export interface ScoreBand {
  /** Lowest score of the band; minus infinity (JSON: null) for the lowest band. */
  from: number | null;
  /** 95 % interval of the rate (Wilson 1927); none without leads. */
  interval: [number, number] | null;
  /** Leads in it. */
  leads: number;
  /** Conversion here over conversion of all; none without leads here or without conversions at all. */
  lift: number | null;
  /** Of those, the ones that converted. */
  positives: number;
  /** Part of the leads here that converted; none without leads. */
  rate: number | null;
  /** Part of all leads that are here. */
  share: number;
}

/** The measures of the leads that share one value. */
export interface SegmentMetrics {
  /** Counts and rates at the threshold. */
  at_threshold: AtThreshold;
  /** Average precision. */
  average_precision: Answer<number>;
  /** The Brier score. */
  brier?: number | null;
  /** The expected calibration error. */
  calibration_error?: number | null;
  /** Leads with a score and a final outcome. */
  leads: number;
  /** The log loss, in nats; absent when a score is outside [0, 1], as are the two below. */
  log_loss?: Answer<number> | null;
  /** Of those, the ones that converted. */
  positives: number;
  /** The part that converted. */
  rate: number | null;
  /** The area under the ROC curve. */
  roc_auc: Answer<number>;
  /** Its 95 % interval, as of all leads. */
  roc_auc_interval: [number, number] | null;
  /** The value; null for leads without one. */
  value: string | null;
}

/** One value of one segment. */
export interface SegmentReport {
  /** The p-value, corrected for all segments looked at. */
  adjusted_p: number | null;
  /** The control's figure. */
  control: Figure;
  /** Whether the treatment is better or worse there, after the correction. */
  direction: Direction;
  /** The change there. */
  outcome: ExperimentOutcome;
  /** The segment. */
  segment: string;
  /** The treatment's figure. */
  treatment: Figure;
  /** The value. */
  value: string;
}

/** How grave it is when an expectation is not met. */
export type Severity = "info" | "warning" | "critical";

/** The area on part of the leads. */
export type Slice = {
  /** Leads. */
  leads: number;
} & (Answer<SliceArea>);

/** An area with its interval. */
export interface SliceArea {
  /** Its 95 % interval. */
  interval: [number, number] | null;
  /** The area under the ROC curve. */
  roc_auc: number;
}

/** The area on explored and on other leads: sales works high scores first, which bends the outcomes of all but the explored. */
export interface Slices {
  /** Leads of the exploration slice. */
  explored: Slice;
  /** The other leads. */
  worked: Slice;
}

/** A spending function: how much of α may be spent at information fraction t. */
export type Spending = "o-brien-fleming" | "pocock" | {
  power: number;
};

/** How an arm compares with the others. */
export interface Standing {
  /** The chance of being the best of all. */
  best: number;
  /** The expected loss of choosing it compared with the best, in the metric's unit. */
  expected_loss: number;
}

/** A suite's result. */
export interface SuiteResult {
  /** The id of the run: null here. */
  id: string | null;
  /** What the suite's author noted. */
  meta: Json;
  /** By expectation, in the peer's order. */
  results: ExpectationResult[];
  /** Where the rows of the table went; the peer has no such member, and it is absent where no file was read. */
  rows?: RowAccount | null;
  /** How many expectations are met. */
  statistics: SuiteStatistics;
  /** Whether every expectation is met. */
  success: boolean;
  /** The suite. */
  suite_name: string;
  /** Values of the suite's parameters. */
  suite_parameters: Record<string, Json>;
}

/** How many expectations are met. */
export interface SuiteStatistics {
  /** Expectations judged. */
  evaluated_expectations: number;
  /** The part that is met, in percent; null without expectations. */
  success_percent: number | null;
  /** Those that are met. */
  successful_expectations: number;
  /** Those that are not. */
  unsuccessful_expectations: number;
}

/** A treatment against the control. */
export interface TreatmentReport {
  /** The sales cycle, when it is watched. */
  cycle: CycleReport | null;
  /** The metrics that must not suffer. */
  guardrails: GuardrailReport[];
  /** Evidence of harm, sentences, whatever the verdict; null when there is none. */
  harm: string | null;
  /** The metric that decides. */
  primary: ExperimentMetric;
  /** The primary metric by segment. */
  segments: SegmentReport[];
  /** It in words. */
  sentence: string;
  /** The treatment's name. */
  treatment: string;
  /** The verdict on it. */
  verdict: ExperimentVerdict;
}

/** Leads without a score, then and now. */
export interface Unscored {
  /** Whether more scores are missing than the rules tolerate and chance explains. */
  drifted: boolean;
  /** The rates. */
  rate: DriftRate;
}

/** How often a value occurred. */
export interface ValueCount {
  /** How often. */
  count: number;
  /** The value. */
  value: Json;
}

/** How far two distributions of counts are from each other. */
export interface WindowDistance {
  /** The Kolmogorov-Smirnov statistic is at least this; of a category, the total variation distance. */
  at_least: number;
  /** It is at most this. */
  at_most: number;
  /** The population stability index, in deciles of the reference or by category. */
  population_stability: number;
}

/** The figures of one feature. */
export interface WindowFeature {
  /** A number's standard deviation; none with fewer than two. */
  deviation: number | null;
  /** The values against those of the reference; none without a reference. */
  drift: Answer<WindowDistance> | null;
  /** A number's mean; none without numbers. */
  mean: number | null;
  /** The part of values that is missing. */
  missing: Answer<number>;
  /** The chance of as many missing values if they had not become more; none without a reference. */
  missing_p: number | null;
  /** Its name. */
  name: string;
  /** The new categories by name, the most frequent first. */
  new_by_name: [string, number][];
  /** The part of a category's values that training did not have. */
  new_categories: number | null;
  /** Values that are not missing. */
  values: number;
}

/** The figures of a window. Times are milliseconds since 1970, rates parts of 1. */
export interface WindowFigures {
  /** The expected calibration error in ten bins of equal width, each with its lower end. */
  calibration_error: Answer<Binned>;
  /** The part of leads with an outcome that converted, and its interval (Wilson, 95 %). */
  conversion: Answer<[number, [number, number]]>;
  /** The part of leads that were scored. */
  coverage: Answer<number>;
  /** The part of requests that failed. */
  error_rate: Answer<number>;
  /** The features, in the layout's order. */
  features: WindowFeature[];
  /** How long ago the last was. */
  freshness_ms: Answer<number>;
  /** Latencies that the parts 0.5, 0.9, 0.95 and 0.99 of the requests do not exceed, in microseconds; at most 1/64 too high. */
  latency_us: Answer<[number, number][]>;
  /** Leads, scored or not. */
  leads: number;
  /** Scored leads that converted, that did not, and whose outcome may still come. */
  outcomes: [number, number, number];
  /** Of the leads called at a score of 0.5, the part that converted. */
  precision: number | null;
  /** The scores against those of the reference; none without a reference. */
  prediction: Answer<WindowDistance> | null;
  /** Of the leads that converted, the part that was called at 0.5. */
  recall: number | null;
  /** Requests, and of those the ones that failed. */
  requests: number;
  /** How well scores rank. */
  roc_auc: Answer<BinnedArea>;
  /** The same of the exploration slice, whose scores were hidden from sales. */
  roc_auc_explored: Answer<BinnedArea>;
  /** The same of the other leads; sales works high scores first, which bends these outcomes. */
  roc_auc_worked: Answer<BinnedArea>;
  /** The first and the last moment something was counted. */
  span_ms: [number, number] | null;
  /** Requests a second over the span. */
  throughput: Answer<number>;
  /** The part of looks at the service that found it up. */
  uptime: Answer<number>;
}

/** One piece of time. */
export interface WindowPiece {
  /** Its figures. */
  figures: WindowFigures;
  /** The same as a date, UTC. */
  from: string;
  /** Its first millisecond since 1970. */
  from_ms: number;
}

/** The figures of the hours of a series. */
export interface WindowReport {
  /** Hours in which something was counted. */
  hours: number;
  /** The moment freshness is computed for, in milliseconds since 1970. */
  now_ms: number;
  /** Each piece of time in which something was counted; absent when not asked for. */
  pieces?: WindowPiece[] | null;
  /** All hours together. */
  total: WindowFigures;
}
