/// <reference lib="esnext.disposable" preserve="true" />
import { PlumblineError } from "./error.ts";
import type { BatchOptions, Card, Explanation, Lead, Score, ScoreOptions } from "./types.ts";
/** A loaded and verified model, ready to score. It owns one instance of the module, which `free()` releases. */
export declare class Model {
    #private;
    /** What the model says of itself. */
    readonly card: Card;
    private constructor();
    /**
     * Loads a bundle (`*.plumb`), verifies its digest, and checks that its golden leads score to the same bits on this host.
     *
     * @throws {PlumblineError} `BUNDLE_…` with the reason the bundle was rejected.
     */
    static load(bundle: Uint8Array | ArrayBuffer): Promise<Model>;
    /**
     * Scores one lead: an object, its JSON, or its JSON in UTF-8 (fastest).
     *
     * @throws {PlumblineError} `LEAD_…` with the field.
     */
    score(lead: Lead | string | Uint8Array, options?: ScoreOptions): Score;
    /** The calibrated probability of one row: one number per column of `card.columns`, NaN if missing. */
    scoreRow(row: Float64Array): number;
    /** Scores consecutive rows; returns the calibrated probability per row, or the margin of every output per row. */
    scoreBatch(rows: Float64Array, options?: BatchOptions): Float64Array;
    /** Scores leads, or NDJSON; returns one score, or the reason there is none, per lead. */
    scoreBatch(leads: readonly Lead[] | string | Uint8Array, options?: ScoreOptions): (Score | PlumblineError)[];
    /**
     * Why a lead, or a row, has its margin: the exact SHAP value of every column, per output.
     *
     * @throws {PlumblineError} `MODEL_NOT_EXPLAINABLE` for LightGBM's linear trees.
     */
    explain(lead: Lead | string | Uint8Array | Float64Array, options?: ScoreOptions): Explanation[];
    /**
     * The row that the model reads for a lead: one number per column of `card.columns`, NaN if missing.
     *
     * @throws {PlumblineError} `LEAD_…` with the field.
     */
    features(lead: Lead | string | Uint8Array, options?: ScoreOptions): Float64Array;
    /** Releases the memory; later calls throw `MODEL_FREED`. */
    free(): void;
    /** `free()` at the end of a `using` block. */
    [Symbol.dispose](): void;
}
