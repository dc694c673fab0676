/// <reference lib="esnext.disposable" preserve="true" />
import { Door, type Refused, refusal } from "./door.ts";
import { PlumblineError } from "./error.ts";
import { compiledModule, type Instantiate } from "./host.ts";
import { asArray, asText, notAnObject } from "./lead.ts";
import { many, wantsMargins, when } from "./options.ts";
import type { BatchOptions, Card, Explanation, Lead, LeadValue, Score, ScoreOptions } from "./types.ts";

/** Taken when the module is loaded: a page that replaces globals later does not change scores. */
const { parse } = JSON;

/** A loaded and verified model, ready to score. It owns one instance of the module, which `free()` releases. */
export class Model {
  /** What the model says of itself. */
  readonly card: Card;
  #door: Door | undefined;
  #bundle: Uint8Array | undefined;
  readonly #instantiate: Instantiate;
  readonly #columns: number;

  private constructor(instantiate: Instantiate, bundle: Uint8Array) {
    this.#instantiate = instantiate;
    this.#bundle = bundle;
    this.card = this.#open(new Door(instantiate()), bundle);
    this.#columns = this.card.columns.length;
  }

  /**
   * Loads a bundle (`*.plumb`), verifies its digest, and checks that its golden leads score to the same bits on this host.
   *
   * @throws {PlumblineError} `BUNDLE_…` with the reason the bundle was rejected.
   */
  static async load(bundle: Uint8Array | ArrayBuffer): Promise<Model> {
    if (!(bundle instanceof Uint8Array || bundle instanceof ArrayBuffer)) {
      throw new PlumblineError("BUNDLE_NOT_BYTES", `a bundle must be a Uint8Array or an ArrayBuffer; got ${typeof bundle}`);
    }
    // A copy: the model may have to be loaded again, and the caller may write to its own bytes.
    return new Model(await compiledModule(), new Uint8Array(bundle).slice());
  }

  /**
   * Scores one lead: an object, its JSON, or its JSON in UTF-8 (fastest).
   *
   * @throws {PlumblineError} `LEAD_…` with the field.
   */
  score(lead: Lead | string | Uint8Array, options: ScoreOptions = {}): Score {
    const [text, now, reasons] = [asText(lead), when(options), many(options)];
    return parse(this.#call((door) => door.read(door.exports.pl_score(door.write(text), now, reasons))));
  }

  /** The calibrated probability of one row: one number per column of `card.columns`, NaN if missing. */
  scoreRow(row: Float64Array): number {
    if (row.length !== this.#columns || !(row instanceof Float64Array)) throw this.#badRow(row);
    const door = this.#door ?? this.#reopen();
    try {
      door.writeRow(row);
      return door.exports.pl_score_row();
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  /** Scores consecutive rows; returns the calibrated probability per row, or the margin of every output per row. */
  scoreBatch(rows: Float64Array, options?: BatchOptions): Float64Array;
  /** Scores leads, or NDJSON; returns one score, or the reason there is none, per lead. */
  scoreBatch(leads: readonly Lead[] | string | Uint8Array, options?: ScoreOptions): (Score | PlumblineError)[];
  scoreBatch(
    batch: Float64Array | readonly Lead[] | string | Uint8Array,
    options: BatchOptions & ScoreOptions = {},
  ): Float64Array | (Score | PlumblineError)[] {
    if (batch instanceof Float64Array) {
      const [rows, margins] = [batch.length / this.#columns, wantsMargins(options)];
      if (!Number.isInteger(rows)) throw this.#badRow(batch);
      return this.#call((door) => {
        door.writeRows(batch);
        door.exports.pl_score_rows(rows, margins ? 1 : 0);
        return door.values(margins ? rows * this.card.outputs : rows);
      });
    }
    if (typeof batch === "string" || batch instanceof Uint8Array) return this.#scoreBody(batch, options);
    if (!Array.isArray(batch)) throw notAnObject(batch);
    const { text, refused } = asArray(batch);
    // Those that cannot be written take their places among the answers of the others.
    const answers = text === "[]" && refused.size > 0 ? [] : this.#scoreBody(text, options);
    for (const [place, error] of refused) answers.splice(place, 0, error);
    return answers;
  }

  #scoreBody(body: string | Uint8Array, options: ScoreOptions): (Score | PlumblineError)[] {
    const [now, reasons] = [when(options), many(options)];
    const text = this.#call((door) => door.read(door.exports.pl_score_body(door.write(body), now, reasons)));
    // Lines are answered by lines, an array by an array.
    const json = text.startsWith("[") ? text : `[${text.trimEnd().replaceAll("\n", ",")}]`;
    const answers: (Score | Refused)[] = parse(json);
    return answers.map((answer) => ("error" in answer ? refusal(answer) : answer));
  }

  /**
   * Why a lead, or a row, has its margin: the exact SHAP value of every column, per output.
   *
   * @throws {PlumblineError} `MODEL_NOT_EXPLAINABLE` for LightGBM's linear trees.
   */
  explain(lead: Lead | string | Uint8Array | Float64Array, options: ScoreOptions = {}): Explanation[] {
    const [width, now] = [this.#columns + 1, when(options)];
    const values = this.#call((door) => {
      if (lead instanceof Float64Array) {
        if (lead.length !== this.#columns) throw this.#badRow(lead);
        door.writeRow(lead);
      } else {
        door.read(door.exports.pl_features(door.write(asText(lead)), now));
      }
      if (door.exports.pl_explain_row() === 0) {
        throw new PlumblineError("MODEL_NOT_EXPLAINABLE", "this kind of model cannot be explained with SHAP values");
      }
      return door.values(width * this.card.outputs);
    });
    return Array.from({ length: this.card.outputs }, (_, output) => {
      const [...contributions] = values.subarray(output * width, (output + 1) * width);
      return { bias: contributions.pop() ?? 0, contributions };
    });
  }

  /**
   * The row that the model reads for a lead: one number per column of `card.columns`, NaN if missing.
   *
   * @throws {PlumblineError} `LEAD_…` with the field.
   */
  features(lead: Lead | string | Uint8Array, options: ScoreOptions = {}): Float64Array {
    const [text, now] = [asText(lead), when(options)];
    return this.#call((door) => {
      door.read(door.exports.pl_features(door.write(text), now));
      return door.row(this.#columns);
    });
  }

  /** The values of a lead's fields as the model's schema reads them: what rules on fields compare. @internal */
  values(lead: string): Record<string, LeadValue> {
    return parse(this.#call((door) => door.read(door.exports.pl_read(door.write(lead)))));
  }

  /** Releases the memory; later calls throw `MODEL_FREED`. */
  free(): void {
    this.#door = undefined;
    this.#bundle = undefined;
  }

  /** `free()` at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.free();
  }

  #open(door: Door, bundle: Uint8Array): Card {
    let card: Card;
    try {
      card = parse(door.read(door.exports.pl_load(door.write(bundle))));
    } catch (error) {
      throw this.#poisoned(error);
    }
    this.#door = door;
    return card;
  }

  /** A new instance in place of one that trapped. */
  #reopen(): Door {
    if (!this.#bundle) throw new PlumblineError("MODEL_FREED", "the model was freed");
    const door = new Door(this.#instantiate());
    this.#open(door, this.#bundle);
    return door;
  }

  #call<T>(work: (door: Door) => T): T {
    const door = this.#door ?? this.#reopen();
    try {
      return work(door);
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  /** A trap leaves an instance in an unknown state: it is dropped, and the next call makes another. */
  #poisoned(error: unknown): PlumblineError {
    if (error instanceof PlumblineError) return error;
    this.#door = undefined;
    return new PlumblineError("INSTANCE_TRAPPED", "scoring stopped inside the module; a new instance serves the next call", [], { cause: error });
  }

  #badRow(row: Float64Array): PlumblineError {
    const found = row instanceof Float64Array ? `got ${row.length}` : `got ${Object.prototype.toString.call(row)}`;
    return new PlumblineError("ROW_WRONG_LENGTH", `a row must be a Float64Array of ${this.#columns} numbers; ${found}`);
  }
}
