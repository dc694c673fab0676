import { Door, type Refused, refusal } from "./door.ts";
import { PlumblineError } from "./error.ts";
import { compiledModule, type Instantiate } from "./host.ts";
import { asBody, asText } from "./lead.ts";
import type { BatchOptions, Card, Explanation, Lead, Score, ScoreOptions } from "./types.ts";

/** A model, loaded and verified, ready to score. It owns one instance of the module; `free()` gives that back. */
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
   * Loads a bundle (`*.plumb`): checks its digest, and that its golden leads score the same bits on this host.
   *
   * @throws {PlumblineError} `BUNDLE_…` with the reason the bundle is refused for.
   */
  static async load(bundle: Uint8Array | ArrayBuffer): Promise<Model> {
    // A copy: the model may have to be loaded again, and the caller may write to its own bytes.
    return new Model(await compiledModule(), new Uint8Array(bundle).slice());
  }

  /**
   * Scores one lead: an object, its JSON, or its JSON in UTF-8 (the quickest).
   *
   * @throws {PlumblineError} `LEAD_…` with the field.
   */
  score(lead: Lead | string | Uint8Array, options: ScoreOptions = {}): Score {
    const text = asText(lead);
    return JSON.parse(this.#call((door) => door.read(door.exports.pl_score(door.write(text), when(options), many(options)))));
  }

  /** The calibrated probability of one row: a number per column of `card.columns`, NaN where it is missing. */
  scoreRow(row: Float64Array): number {
    if (row.length !== this.#columns) throw this.#badRow(row.length);
    const door = this.#door ?? this.#reopen();
    try {
      door.writeRow(row);
      return door.exports.pl_score_row();
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  /** Scores rows laid end to end; answers the calibrated probability per row, or every output's margin per row. */
  scoreBatch(rows: Float64Array, options?: BatchOptions): Float64Array;
  /** Scores leads, or their JSON one to a line; answers one score, or the reason there is none, per lead. */
  scoreBatch(leads: readonly Lead[] | string | Uint8Array, options?: ScoreOptions): (Score | PlumblineError)[];
  scoreBatch(
    batch: Float64Array | readonly Lead[] | string | Uint8Array,
    options: BatchOptions & ScoreOptions = {},
  ): Float64Array | (Score | PlumblineError)[] {
    if (batch instanceof Float64Array) {
      const rows = batch.length / this.#columns;
      if (!Number.isInteger(rows)) throw this.#badRow(batch.length);
      return this.#call((door) => {
        door.writeRows(batch);
        door.exports.pl_score_rows(rows, options.output === "margin" ? 1 : 0);
        return door.values(options.output === "margin" ? rows * this.card.outputs : rows);
      });
    }
    const body = asBody(batch);
    const text = this.#call((door) => door.read(door.exports.pl_score_body(door.write(body), when(options), many(options))));
    // Lines are answered by lines, an array by an array.
    const json = text.startsWith("[") ? text : `[${text.trimEnd().replaceAll("\n", ",")}]`;
    const answers: (Score | Refused)[] = JSON.parse(json);
    return answers.map((answer) => ("error" in answer ? refusal(answer) : answer));
  }

  /**
   * Why a lead, or a row, has its margin: the exact SHAP value of every column, per output.
   *
   * @throws {PlumblineError} `MODEL_NOT_EXPLAINABLE` for LightGBM's linear trees.
   */
  explain(lead: Lead | string | Uint8Array | Float64Array, options: ScoreOptions = {}): Explanation[] {
    const width = this.#columns + 1;
    const values = this.#call((door) => {
      if (lead instanceof Float64Array) {
        if (lead.length !== this.#columns) throw this.#badRow(lead.length);
        door.writeRow(lead);
      } else {
        door.read(door.exports.pl_features(door.write(asText(lead)), when(options)));
      }
      if (door.exports.pl_explain_row() === 0) {
        throw new PlumblineError("MODEL_NOT_EXPLAINABLE", "this kind of model has no SHAP values");
      }
      return door.values(width * this.card.outputs);
    });
    return Array.from({ length: this.card.outputs }, (_, output) => {
      const [...contributions] = values.subarray(output * width, (output + 1) * width);
      return { bias: contributions.pop() ?? 0, contributions };
    });
  }

  /** Gives the memory back; every later call throws `MODEL_FREED`. */
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
      card = JSON.parse(door.read(door.exports.pl_load(door.write(bundle))));
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

  #badRow(length: number): PlumblineError {
    return new PlumblineError("ROW_WRONG_LENGTH", `a row has ${this.#columns} numbers; ${length} were given`);
  }
}

function when({ now }: ScoreOptions): number {
  return now === undefined ? Date.now() : Number(now);
}

function many({ reasons = 3 }: ScoreOptions): number {
  return reasons;
}
