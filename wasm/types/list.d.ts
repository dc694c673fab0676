import { type Connection } from "./element.ts";
import { type Row, type ScoredBy } from "./list-score.ts";
import { type Column, type Order } from "./list-view.ts";
import { type ListWords } from "./list-words.ts";
import type { Lead } from "./types.ts";
export { type ConnectOptions, connect, type Connection, type Mode, PlumblineError } from "./element.ts";
export type { Row, ScoredBy } from "./list-score.ts";
export type { Column, Order } from "./list-view.ts";
export type { ListWords } from "./list-words.ts";
export type { Lead, LeadValue } from "./types.ts";
/** What `lead-list-scored` has in its `detail`. */
export interface ListScored {
    /** In the order shown. */
    rows: readonly Row[];
    by: ScoredBy;
}
declare const Base: {
    new (): HTMLElement;
    prototype: HTMLElement;
};
/**
 * `<lead-list service="https://…" key="pl_…">`: scores leads and shows them in the order of their scores.
 *
 * Attributes: `service`, `key`, `mode`, `rep`, `lang` and `theme` as those of `<lead-score>`; `page-size` (rows of a page, 1 to 200, 50);
 * `no-worker`: the page scores in slices of its own thread.
 * Properties: `leads`, `columns`, `order`, `words`, `connection`. Events: `lead-list-scored` with {@link ListScored}, `lead-selected` with the
 * {@link Row} whose lead was clicked, `lead-failed` with a {@link PlumblineError}; they bubble.
 */
export declare class LeadList extends Base {
    #private;
    static readonly observedAttributes: string[];
    /** The leads; setting them scores them. */
    get leads(): readonly Lead[];
    set leads(leads: readonly Lead[] | undefined | null);
    /** Fields of the leads that the table shows before score, band and reason. The first is clicked to select a lead. Default: `lead_id`. */
    get columns(): readonly Column[];
    set columns(columns: readonly Column[]);
    /** What the table is sorted by. Default: `score`, the highest first. */
    get order(): Order;
    set order(order: Order);
    /** Texts that take the place of the language's own. */
    get words(): Partial<ListWords>;
    set words(words: Partial<ListWords>);
    /** The connection; by default that of the attributes. */
    get connection(): Connection | undefined;
    set connection(connection: Connection | undefined);
}
declare global {
    interface HTMLElementTagNameMap {
        "lead-list": LeadList;
    }
}
