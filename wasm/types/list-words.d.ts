/** Every text that a list shows. `{name}` stands for a value. */
export interface ListWords {
    /** Name of the table. */
    title: string;
    lead: string;
    score: string;
    band: string;
    reason: string;
    /** `{done}`, `{all}`. */
    scoring: string;
    /** `{all}`. */
    scored: string;
    empty: string;
    failed: string;
    retry: string;
    /** A lead that is worked without a score, and one that has none. */
    withheld: string;
    rejected: string;
    previous: string;
    next: string;
    /** `{page}`, `{pages}`. */
    page: string;
}
/** The texts of a language tag such as `de-AT`, or English. */
export declare function listWordsOf(language: string): ListWords;
