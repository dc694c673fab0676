/** Every text that an element shows. `{name}` stands for a value. */
export interface Words {
    /** Name of the element for screen readers. */
    title: string;
    loading: string;
    /** Spoken and shown where there is no lead. */
    empty: string;
    failed: string;
    retry: string;
    /** `{score}`, `{band}`. */
    spoken: string;
    /** The score is hidden, because the lead is in the exploration slice. */
    explores: string;
    not_enough: string;
    /** `{fields}`. */
    unknown_values: string;
    average: string;
    others: string;
    reasons: string;
    no_reasons: string;
    /** `{from}`, `{to}`, `{points}`, `{date}`. */
    changed: string;
    /** `{from}`, `{to}`: versions. */
    changed_model: string;
    /** `{fields}`. */
    changed_by: string;
    details: string;
    field: string;
    value: string;
    points: string;
    missing: string;
    total: string;
    /** `{name}`, `{version}`, `{date}`. */
    model: string;
    in_page: string;
    by_service: string;
    /** `{date}`. */
    stale: string;
    question: string;
    up: string;
    down: string;
    why: string;
    send: string;
    skip: string;
    thanks: string;
    /** Feedback is kept in the browser until the service takes it. */
    queued: string;
    /** The service rejected feedback; `{code}`. */
    rejected: string;
}
/** Adds a language, or replaces texts of one; texts that are missing stay as they are, or English. */
export declare function addWords(language: string, words: Partial<Words>): void;
/** The texts of a language tag such as `de-AT`, or English. */
export declare function wordsOf(language: string): Words;
