import type { Model } from "./model.ts";
/** What loads models: an entry point of this package. */
export interface Scorer {
    readonly Model: {
        load(bundle: Uint8Array): Promise<Model>;
    };
}
