/** A challenger's part. */
export interface AllocationArm {
    /** The share it may grow to without moving another arm. If omitted, such arms divide the remaining share evenly. */
    room_bp?: number | null;
    /** Its share now, in basis points of all leads. */
    share_bp: number;
    /** The variant that serves here. */
    variant: string;
}
/** Conditions on one field; all that are given must hold. A missing value meets `present = false` and nothing else. */
export interface AllocationRule {
    /** The number is at least this. */
    at_least?: number | null;
    /** The number is less than this. */
    below?: number | null;
    /** The field. */
    field: string;
    /** The value, or one item of a list, is one of these. Texts are compared exactly. */
    in?: readonly FieldValue[] | null;
    /** Neither the value nor an item of a list is one of these. */
    not_in?: readonly FieldValue[] | null;
    /** The field has a value, or has none. */
    present?: boolean | null;
}
/** `[allocation]` of the settings. */
export interface AllocationSettings {
    /** The challengers. */
    arm?: readonly AllocationArm[];
    /** The variant that serves leads in no arm. */
    champion: string;
    /** Whether the version that does not serve a lead scores it, too, and is only recorded. */
    counterfactual?: boolean;
    /** Salt of the draw between variants. A new experiment takes a new one; a rollout keeps its own from canary to full. */
    experiment: string;
    /** Leads whose score is hidden from ranking, in basis points: they keep the measured AUC honest. */
    exploration_bp?: number;
    /** Salt of the exploration slice; kept between experiments. */
    exploration_salt?: string;
    /** How an id becomes a bucket. */
    hash?: HashMode;
    /** Leads that stay with the champion whatever experiment runs, in basis points. */
    holdout_bp?: number;
    /** Salt of the holdout; kept between experiments. */
    holdout_salt?: string;
    /** The kill switch: the champion serves all leads. */
    killed?: boolean;
    /** Who may be in the experiment: all rules must admit a lead. */
    rule?: readonly AllocationRule[];
    /** Variants that score every lead and are only recorded. */
    shadow?: readonly string[];
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
/** How p-values of many segments are corrected. */
export type Correction = "holm" | "benjamini-hochberg";
/** The sales cycle: days until a deal closes, where open deals count as open so far. */
export interface CycleSettings {
    /** The horizon in days; none: as long as both arms were observed. */
    horizon?: number | null;
    /** How much longer it may be, as a share of the control's mean time. */
    margin: number;
    /** Its name. */
    name: string;
}
/** The limit of a guardrail. */
export type Demand = {
    margin: number;
} | {
    "at-least": number;
} | {
    "at-most": number;
};
/** An arm and its planned share of leads. */
export interface ExperimentArm {
    /** Its name. */
    name: string;
    /** Its share; the weights need not sum to 1. */
    weight: number;
}
/** What is planned. */
export interface ExperimentPlan {
    /** The accepted rate of false alarms. */
    alpha?: Level;
    /** The metric without the treatment. */
    baseline: Baseline;
    /** New leads per day in all arms together. */
    leads_per_day?: number | null;
    /** The smallest change that matters. */
    lift: number;
    /** How the experiment is looked at; once when absent. */
    method?: Method;
    /** Days until a lead's outcome is known. */
    outcome_delay_days?: number;
    /** Available leads per arm, to report what they can detect. */
    per_arm?: number | null;
    /** The desired chance to detect `lift` if it exists. */
    power?: number;
    /** Whether `lift` is relative or in the metric's unit. */
    scale?: Scale;
    /** Treatments besides the control; each is compared with it at α / treatments. */
    treatments?: number;
}
/** An experiment. */
export interface ExperimentSettings {
    /** The accepted rate of false alarms. */
    alpha?: Level;
    /** The arms; the first is the control. */
    arms: readonly ExperimentArm[];
    /** The correction for testing several segments. */
    correction?: Correction;
    /** The sales cycle, if it is measured. */
    cycle?: CycleSettings | null;
    /** Metrics that must not get worse. */
    guardrails?: readonly GuardrailSettings[];
    /** New leads per day in all arms together, to estimate how long to continue. */
    leads_per_day?: number | null;
    /** Leads with an outcome that each arm needs before a verdict. */
    least_per_arm?: number;
    /** The smallest change of the primary metric that matters, on that scale. */
    lift?: number;
    /** How the experiment is looked at; at any time when absent. */
    method?: Method;
    /** The desired chance to detect `lift`. */
    power?: number;
    /** The metric that decides. */
    primary: MetricSettings;
    /** Relative or absolute effects. */
    scale?: Scale;
    /** Names of the segments each lead belongs to a value of. */
    segments?: readonly string[];
}
/** One value of a lead. Its JSON is the plain value; whole numbers are written without a fraction. */
export type FieldValue = null | boolean | number | string | readonly string[];
/** A metric that must not get worse. */
export interface GuardrailSettings {
    /** Its limit. */
    demand: Demand;
    /** The metric. */
    metric: MetricSettings;
}
/** How a lead's id becomes a bucket. */
export type HashMode = "sha256" | "growthbook-v1" | "growthbook-v2" | "flagd" | "unleash";
/** The error one accepts: the probability of a false alarm, such as 0.05. An interval at this level has confidence 1 − α. */
export type Level = number;
/** How an experiment is looked at. */
export type Method = "fixed" | {
    sequential: {
        /** The leads of both arms at which the interval is tightest; none: the planned end (when planning), 5,000 (when analysing). */
        tuned_to?: number | null;
    };
} | {
    "group-sequential": {
        /** The part of all leads that is in at each look, rising to 1. */
        information: readonly number[];
        /** Which of them this is, from 1; none when planning. */
        look?: number | null;
        /** How α is spent. */
        spending: Spending;
    };
};
/** What is measured per lead. */
export type MetricKind = "rate" | "mean" | "ratio" | "auc";
/** A metric. */
export interface MetricSettings {
    /** Whether each value comes with one known before the experiment, which is used to reduce variance (CUPED). Not for ratios and AUCs. */
    adjusted?: boolean;
    /** The direction that is better. */
    better?: Better;
    /** What is measured. */
    kind?: MetricKind;
    /** Its name. */
    name: string;
}
/** The scale of a difference. */
export type Scale = "relative" | "absolute";
/** A spending function: how much of α may be spent at information fraction t. */
export type Spending = "o-brien-fleming" | "pocock" | {
    power: number;
};
