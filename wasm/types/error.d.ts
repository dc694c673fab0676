/** One thing that is wrong with a lead. */
export interface LeadProblem {
    /** A stable name of the kind of problem, such as `LEAD_MISSING_FIELD`. */
    code: string;
    /** The lead's field, if the problem concerns one field. */
    field?: string;
    /** JSON pointer (RFC 6901) into the lead, such as `/tags/3`; empty if the lead as a whole is wrong. */
    pointer: string;
    /** A full sentence that names field and value. */
    detail: string;
}
/** Every failure of this package: what went wrong, with a stable code, and where. */
export declare class PlumblineError extends Error {
    readonly name = "PlumblineError";
    /** A stable name of the kind of failure, such as `LEAD_MISSING_FIELD` or `BUNDLE_ALTERED`. */
    readonly code: string;
    /** The lead's field, if the failure concerns one. */
    readonly field?: string;
    /** JSON pointer into the lead, if the failure concerns a place in it. */
    readonly path?: string;
    /** All problems of the lead; empty if the failure concerns something else. */
    readonly problems: readonly LeadProblem[];
    /** The failure as plain data, so that `JSON.stringify(error)` includes all of it. */
    toJSON(): {
        code: string;
        message: string;
        problems: readonly LeadProblem[];
    };
}
/** What `work` returns; its failures as errors of this package. */
export declare function coded<T>(work: () => unknown): T;
