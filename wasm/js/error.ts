/** One thing that is wrong with a lead. */
export interface LeadProblem {
  /** A stable name of the kind of problem, such as `LEAD_MISSING_FIELD`. */
  code: string;
  /** The lead's field, when the problem is one field's. */
  field?: string;
  /** JSON pointer (RFC 6901) into the lead, such as `/tags/3`; empty when the lead as a whole is wrong. */
  pointer: string;
  /** A whole sentence that names field and value. */
  detail: string;
}

/** Every failure of this package: what went wrong, by a name that stays, and where. */
export class PlumblineError extends Error {
  override readonly name = "PlumblineError";
  /** A stable name of the kind of failure, such as `LEAD_MISSING_FIELD` or `BUNDLE_ALTERED`. */
  readonly code: string;
  /** The lead's field, when the failure is about one. */
  readonly field?: string;
  /** JSON pointer into the lead, when the failure is about a place in it. */
  readonly path?: string;
  /** Everything that is wrong with the lead; empty when the failure is about something else. */
  readonly problems: readonly LeadProblem[];

  /** @internal */
  constructor(code: string, message: string, problems: readonly LeadProblem[] = [], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.problems = problems;
    const [first] = problems;
    if (first?.field !== undefined) this.field = first.field;
    if (first?.pointer) this.path = first.pointer;
  }

  /** The failure as plain data: `JSON.stringify(error)` tells all of it. */
  toJSON(): { code: string; message: string; problems: readonly LeadProblem[] } {
    const { code, message, problems } = this;
    return { code, message, problems };
  }
}
