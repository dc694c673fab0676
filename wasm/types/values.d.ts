/** Whether each lead converted: 0 or 1 (or true and false), one per score. */
export type Labels = Uint8Array | readonly (boolean | number)[];
/** Numbers, one per lead. */
export type Numbers = Float64Array | readonly number[];
