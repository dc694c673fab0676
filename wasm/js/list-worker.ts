// The worker of `<lead-list>`: models by variant, and scores of the leads it is sent. It loads the scorer beside it and nothing else.
import { idFields } from "./lead-id.ts";
import { brief, type Brief } from "./list-brief.ts";
import type { Model } from "./model.ts";

/** A variant's bundle under the name that leads are sent with; models of other deployments are freed. @internal */
export interface Load {
  variant: string;
  epoch: number;
  bundle: Uint8Array;
}

/** Leads as a JSON array. @internal */
export interface Work {
  variant: string;
  leads: string;
  now: number;
  reasons: number;
}

/** What the page sends. @internal */
export type Request = { id: number } & (Load | Work);

/** What it gets back under the same id. @internal */
export type Response = { id: number; rows?: Brief[]; /** The fields of a lead's id in a model that was loaded. */ ids?: readonly string[]; failed?: string };

const models = new Map<string, Model>();

async function answer(request: Request): Promise<Omit<Response, "id">> {
  if ("bundle" in request) {
    const { Model } = await import("./index.js");
    const model = await Model.load(request.bundle);
    for (const [name, old] of models) {
      if (name.startsWith(`${request.epoch} `)) continue;
      old.free();
      models.delete(name);
    }
    models.set(request.variant, model);
    return { ids: idFields(model.card) };
  }
  const { variant, leads, now, reasons } = request;
  return { rows: (models.get(variant) as Model).scoreBatch(leads, { now, reasons }).map(brief) };
}

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  answer(data).then(
    (found) => postMessage({ id: data.id, ...found } satisfies Response),
    (error: unknown) => postMessage({ id: data.id, failed: String(error) } satisfies Response),
  );
});
