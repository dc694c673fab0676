/** A column of the page's own: a field of the leads under a name. */
export interface Column {
    field: string;
    label?: string;
}
/** What the table is sorted by: its own `score`, `band` or `reason`, or a field of the leads. */
export interface Order {
    by: string;
    /** Whether `by` is a field of the leads though the list has a column of that name: `score`, `band`, `reason`. Default: no. */
    isField?: boolean;
    isDescending: boolean;
}
