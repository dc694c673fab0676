/** One value of a lead: text, a finite number, a boolean, or a list of text values. A date is ISO text; `null` means missing. */
export type LeadValue = string | number | boolean | null | undefined | Date | readonly string[];

/** A lead: named values as the CRM knows them. */
export type Lead = { readonly [field: string]: LeadValue };

/** How a lead is scored. */
export interface ScoreOptions {
  /** The time of scoring in milliseconds since 1970, on which the age of a date depends. Default: now. */
  now?: number | Date;
  /** Maximum number of reasons; 0 for none, which is faster. Default: 3. */
  reasons?: number;
}

/** How rows are scored. */
export interface BatchOptions {
  /** What each number is: the calibrated probability (default), or the model's margin. */
  output?: "probability" | "margin";
}

/** A lead's score. */
export interface Score {
  /** The lead's id, if it has one. */
  lead_id?: string;
  /** 100 × `probability`, rounded: 0 to 100. */
  score: number;
  /** Calibrated probability of the positive outcome, in [0, 1]. */
  probability: number;
  /** The positive output's margin (log-odds), before calibration. */
  margin: number;
  /** Band, such as `hot`; empty if the model declares none. */
  band: string;
  /** Score of the average training lead: `base` + all points + `rest` = `score`. With reasons only. */
  base?: number;
  /** Reasons, strongest first. */
  reasons: Reason[];
  /** Points of reasons not listed, and of rounding. With reasons only. */
  rest?: number;
  /** Keys of the lead that the model does not know, at most 50. */
  unknown_fields?: string[];
  /** Fields whose value the model has never seen; it scores them as missing. */
  unknown_values?: string[];
  /** For a multi-output model: the probability of each output before calibration. */
  probabilities?: number[];
  /** For a multi-output model: the outputs' names, if declared. */
  outputs?: string[];
  /** The model that produced the score. */
  model: { name: string; version: string };
}

/** One reason of a score. */
export interface Reason {
  /** The lead's field. */
  field: string;
  /** Its display name. */
  label: string;
  /** The lead's value; null if missing. */
  value: string | number | boolean | string[] | null;
  /** The field's contribution to the margin (SHAP, log-odds). */
  contribution: number;
  /** The same on the scale of 0 to 100, rounded, signed. */
  points: number;
  /** In words, such as `Visited the pricing page 7 times: +12 points`. */
  text: string;
}

/** Why a row has its margin: `bias` plus all contributions is the margin. */
export interface Explanation {
  /** The margin of the average training lead. */
  bias: number;
  /** In margin units, signed, one per column of `card.columns`. */
  contributions: number[];
}

/** A model's description of itself. */
export interface Card {
  name: string;
  version: string;
  /** What the model is for, and what it is not for. */
  intended_use: string;
  /** The model's columns, in row order. */
  columns: string[];
  /** Margins per row: 1, or the number of classes. */
  outputs: number;
  /** The fields of a lead. */
  fields: Field[];
  /** Names for ranges of the probability. */
  bands: Band[];
}

/** One field of a lead. */
export interface Field {
  /** The key in a lead. */
  name: string;
  /** The kind of its values. */
  kind: "number" | "category" | "text" | "flag" | "list" | "date";
  /** Its role, unless it is an ordinary feature. */
  role?: "id" | "segment" | "human_score";
  /** A lead without it is rejected. */
  required?: boolean;
  /** For a category: the known values. */
  categories?: string[];
  /** Display name. */
  label?: string;
  /** Unit, in the singular. */
  unit?: string;
  /** A smaller number is rejected. */
  min?: number;
  /** A larger number is rejected. */
  max?: number;
  /** Template of a reason. */
  reason?: string;
  /** Template when the lead lacks the field. */
  reason_missing?: string;
  /** Template when the number is 0, the list is empty, or the flag is no. */
  reason_zero?: string;
  /** Templates for single categories. */
  reason_of?: { [category: string]: string };
}

/** A name for the probabilities from `from` up to the next band. */
export interface Band {
  name: string;
  from: number;
}
