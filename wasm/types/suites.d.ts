import type { Json, SuiteResult } from "./reports.ts";
export { PlumblineError } from "./error.ts";
export type { Json, SuiteResult } from "./reports.ts";
/** Values of a column of a table. Whole numbers of a typed array are int64, others float64; an array is typed as pandas types a list. Missing is NaN or null. */
export type TableColumn = Float64Array | Float32Array | BigInt64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array | readonly (number | string | boolean | Date | null)[];
/** A table: columns of one length by name. */
export type Table = Readonly<Record<string, TableColumn>>;
/** An expectation as Great Expectations writes it. */
export interface Expectation {
    /** Such as `expect_column_values_to_be_between`. */
    type: string;
    kwargs: Readonly<Record<string, Json>>;
    severity?: "critical" | "warning" | "info" | null;
    meta?: Readonly<Record<string, Json>> | null;
    id?: string | null;
    notes?: Json;
}
/** A suite as Great Expectations writes it. */
export interface ExpectationSuite {
    name?: string;
    expectations: readonly Expectation[];
    meta?: Readonly<Record<string, Json>> | null;
    id?: string | null;
    notes?: Json;
}
/** Level of detail of a suite's results, as named by Great Expectations. */
export type ResultFormat = "BOOLEAN_ONLY" | "BASIC" | "SUMMARY" | "COMPLETE";
/** Level of detail with its settings. */
export interface ResultDetail {
    result_format: ResultFormat;
    /** Examples of unexpected values: 20, at most 200. */
    partial_unexpected_count?: number;
    /** Columns whose values identify a row. */
    unexpected_index_column_names?: readonly string[];
    exclude_unexpected_values?: boolean;
    return_unexpected_index_query?: boolean;
}
/**
 * Checks a table against a Great Expectations suite (an object or its JSON text), like `plumbline quality`. Numbers beyond 2⁵³ in the result
 * are rounded to the nearest double.
 */
export declare function validate(suite: ExpectationSuite | string, table: Table, options?: {
    resultFormat?: ResultFormat | ResultDetail;
}): SuiteResult;
/** A suite that the table meets, derived from its columns. */
export declare function generateSuite(table: Table, name?: string): ExpectationSuite;
