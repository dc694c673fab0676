import { type Connection } from "./element-connection.ts";
import { type Words } from "./element-words.ts";
import type { Lead } from "./types.ts";
export { type ConnectOptions, connect, type Connection, type Mode, type Scored } from "./element-connection.ts";
export type { Scorer } from "./element-deployment.ts";
export { addWords, type Words, wordsOf } from "./element-words.ts";
export { type LeadProblem, PlumblineError } from "./error.ts";
export type { Lead, LeadValue, Reason, Score } from "./types.ts";
declare const Base: {
    new (): HTMLElement;
    prototype: HTMLElement;
};
/**
 * `<lead-score service="https://…" key="pl_…">`: a lead's score with its reasons, and thumbs that reach the service.
 *
 * Attributes: `service`, `key`, `mode` (`auto`, `local`, `edge`), `rep`, `lang`, `reasons` (in the card, 3), `theme="auto"` (dark where the
 * system is), `lead` (JSON), `priority` (the rep sets a priority), `ask-days` (days between questions to the rep). Properties: `lead`, `words`, `connection`. Events: `lead-scored` with `detail` of type {@link Scored},
 * `lead-failed` with a {@link PlumblineError}, `lead-feedback` with `{lead_id, isUp}`; they bubble.
 */
export declare class LeadScore extends Base {
    #private;
    static readonly observedAttributes: string[];
    /** The lead; setting it scores it. */
    get lead(): Lead | undefined;
    set lead(lead: Lead | undefined | null);
    /** Texts that take the place of the language's own. */
    get words(): Partial<Words>;
    set words(words: Partial<Words>);
    /** The connection; by default that of the attributes. */
    get connection(): Connection | undefined;
    set connection(connection: Connection | undefined);
}
declare global {
    interface HTMLElementTagNameMap {
        "lead-score": LeadScore;
    }
}
