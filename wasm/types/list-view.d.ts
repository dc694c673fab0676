/** A column of the page's own: a field of the leads under a name. */
export interface Column {
    field: string;
    label?: string;
}
/** What the table is sorted by: `score`, `band`, `reason`, or a column's field. */
export interface Order {
    by: string;
    isDescending: boolean;
}
