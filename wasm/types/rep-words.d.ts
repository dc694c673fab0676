/** Every text of the panel. */
export interface RepWords {
    title: string;
    priority: string;
    /** No priority is set. */
    none: string;
    /** The most and the least urgent. */
    most: string;
    least: string;
    satisfaction: string;
    unhelpful: string;
    send: string;
    later: string;
    thanks: string;
}
