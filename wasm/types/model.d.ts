/// <reference lib="esnext.disposable" preserve="true" />
import { PlumblineError } from "./error.ts";
import type { BatchOptions, Card, Explanation, Lead, Score, ScoreOptions } from "./types.ts";
/** A model, loaded and verified, ready to score. It owns one instance of the module; `free()` gives that back. */
export declare class Model {
    #private;
    /** What the model says of itself. */
    readonly card: Card;
    private constructor();
    /**
     * Loads a bundle (`*.plumb`): checks its digest, and that its golden leads score the same bits on this host.
     *
     * @throws {PlumblineError} `BUNDLE_…` with the reason the bundle is refused for.
     */
    static load(bundle: Uint8Array | ArrayBuffer): Promise<Model>;
    /**
     * Scores one lead: an object, its JSON, or its JSON in UTF-8 (the quickest).
     *
     * @throws {PlumblineError} `LEAD_…` with the field.
     */
    score(lead: Lead | string | Uint8Array, options?: ScoreOptions): Score;
    /** The calibrated probability of one row: a number per column of `card.columns`, NaN where it is missing. */
    scoreRow(row: Float64Array): number;
    /** Scores rows laid end to end; answers the calibrated probability per row, or every output's margin per row. */
    scoreBatch(rows: Float64Array, options?: BatchOptions): Float64Array;
    /** Scores leads, or their JSON one to a line; answers one score, or the reason there is none, per lead. */
    scoreBatch(leads: readonly Lead[] | string | Uint8Array, options?: ScoreOptions): (Score | PlumblineError)[];
    /**
     * Why a lead, or a row, has its margin: the exact SHAP value of every column, per output.
     *
     * @throws {PlumblineError} `MODEL_NOT_EXPLAINABLE` for LightGBM's linear trees.
     */
    explain(lead: Lead | string | Uint8Array | Float64Array, options?: ScoreOptions): Explanation[];
    /** Gives the memory back; every later call throws `MODEL_FREED`. */
    free(): void;
    /** `free()` at the end of a `using` block. */
    [Symbol.dispose](): void;
}
