export { type LeadProblem, PlumblineError } from "./error.ts";
export { Model } from "./model.ts";
export type { BatchOptions, Band, Card, Explanation, Field, Lead, LeadValue, Reason, Score, ScoreOptions } from "./types.ts";
