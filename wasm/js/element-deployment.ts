// The deployment in the page: what serves, its bundles, and which variant scores a lead, drawn as the service draws it.
import type { Client } from "./element-client.ts";
import type { Part } from "./draw.ts";
import { clock, later, sha256, stop, write } from "./element-globals.ts";
import type { Store } from "./element-store.ts";
import { PlumblineError } from "./error.ts";
import { idFields, idOf } from "./lead-id.ts";
import type { Model } from "./model.ts";
import type { AllocationSettings } from "./settings.ts";
import type { Lead, LeadValue } from "./types.ts";

/** `GET /v1/deployment`. @internal */
export interface Deployment {
  /** Its number; it grows with each change. */
  epoch: number;
  allocation: AllocationSettings;
  /** SHA-256 of the bundles. */
  models: readonly string[];
}

/** A deployment as it is kept, and when the service last confirmed it. */
interface KeptDeployment {
  deployment: Deployment;
  checked: number;
}

/** A bundle as it is kept. */
interface KeptBundle {
  digest: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What loads models: an entry point of this package. */
export interface Scorer {
  readonly Model: { load(bundle: Uint8Array): Promise<Model> };
}

/** Who scores a lead in this page. @internal */
export interface Drawn {
  model: Model;
  part: Part;
  deployment: Deployment;
  /** When the service last confirmed the deployment. */
  checked: number;
}

/** The parts of leads, in their order. @internal */
export interface Assigned {
  deployment: Deployment;
  /** When the service last confirmed the deployment. */
  checked: number;
  parts: Part[];
}

/** The fields of a lead's id, the first that is given, in a deployment. @internal */
export type Names = (deployment: Deployment) => Promise<readonly string[]>;

type Draw = (allocation: AllocationSettings, ids: readonly string[], fields?: readonly Record<string, LeadValue>[]) => Part[];

/** The deployment of one service, refreshed while the page lives. @internal */
export class Deployed {
  readonly #client: Client;
  readonly #store: Promise<Store>;
  readonly #scorer: () => Promise<Scorer>;
  readonly #changed: () => void;
  readonly #models = new Map<string, Promise<Model>>();
  readonly #names: Names = async (deployment) => idFields((await this.model(deployment, deployment.allocation.champion)).card);
  #held: KeptDeployment | undefined;
  #first: Promise<KeptDeployment> | undefined;
  #draw: Promise<Draw> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, store: Promise<Store>, scorer: () => Promise<Scorer>, changed: () => void) {
    this.#client = client;
    this.#store = store;
    let loading: Promise<Scorer> | undefined;
    // Loaded at once, and again where that failed: the first lead need not wait for it, and the page has had no time to replace globals.
    this.#scorer = () => (loading ??= scorer().catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));
    this.#changed = changed;
  }

  /** Who scores a lead, which is given with its JSON. */
  async draw(lead: Lead, text: string): Promise<Drawn> {
    const { deployment, checked, parts } = await this.assigned([lead], [text]);
    const { champion } = deployment.allocation;
    const part = parts[0] as Part;
    const by = async (part: Part): Promise<Drawn> => ({ model: await this.model(deployment, part.variant), part, deployment, checked });
    if (part.variant === champion) return by(part);
    // Where a challenger is not available, the champion answers for it, as it does at the service.
    return by(part).catch(() => by({ ...part, variant: champion, role: "champion" }));
  }

  /**
   * The part of each lead in the deployment; see {@link draw}. `names` returns the fields of a lead's id, if not the page's own model does.
   *
   * @throws {PlumblineError} `ASSIGNMENT_NEEDS_SERVICE` where rules on fields decide, and the page's own scorer cannot read them.
   */
  async assigned(leads: readonly Lead[], texts: readonly (string | undefined)[], names = this.#names): Promise<Assigned> {
    this.#first ??= this.#load().catch((error: unknown) => {
      this.#first = undefined;
      throw error;
    });
    await this.#first;
    const { deployment, checked } = this.#held as KeptDeployment;
    return { deployment, checked, parts: await this.#drawn(deployment, leads, texts, names) };
  }

  /** Asks the service for the deployment, and says so when it is another. */
  async refresh(): Promise<void> {
    const deployment = await this.#client.json<Deployment>("/v1/deployment");
    const isOther = this.#held !== undefined && this.#held.deployment.epoch !== deployment.epoch;
    this.#held = { deployment, checked: clock() };
    // Where nothing can be kept, the deployment holds all the same.
    await (await this.#store).put("deployments", this.#client.service, this.#held).catch(() => {});
    if (!isOther) return;
    // Frees the models that are no longer deployed.
    for (const [key, model] of this.#models) {
      if (key.endsWith(write(deployment.models))) continue;
      this.#models.delete(key);
      void model.then((loaded) => loaded.free(), () => {});
    }
    this.#changed();
  }

  /** Loads the scorer, and refreshes every `ms` milliseconds from now on, while the page can be seen. */
  follow(ms: number): void {
    this.#scorer().catch(() => {});
    stop(this.#timer);
    this.#timer = later(() => {
      this.follow(ms);
      if (this.#first && globalThis.document?.visibilityState !== "hidden") void this.refresh().catch(() => {});
    }, ms);
  }

  /** The kept deployment at once, while the service is asked; without one the service's. */
  async #load(): Promise<KeptDeployment> {
    this.#held = await (await this.#store).get<KeptDeployment>("deployments", this.#client.service);
    const asked = this.refresh();
    if (this.#held) void asked.catch(() => {});
    else await asked;
    return this.#held as unknown as KeptDeployment;
  }

  async #drawn(deployment: Deployment, leads: readonly Lead[], texts: readonly (string | undefined)[], names: Names): Promise<Part[]> {
    const { allocation } = deployment;
    const { arm = [], champion, exploration_bp = 0, killed, rule = [] } = allocation;
    const isSplit = !killed && arm.length > 0;
    const plain: Part = { variant: champion, explores: false, role: "champion" };
    if (leads.length === 0 || (!isSplit && exploration_bp === 0)) return leads.map(() => plain);
    this.#draw ??= import("./draw.js").then((module: { draw: Draw }) => module.draw);
    this.#draw.catch(() => (this.#draw = undefined));
    const draw = await this.#draw;
    const fields = await names(deployment);
    const ids = leads.map((lead) => idOf(lead, fields));
    return draw(allocation, ids, isSplit && rule.length > 0 ? valuesOf(await this.model(deployment, champion), texts) : undefined);
  }

  /** The model of a variant. */
  model(deployment: Deployment, variant: string): Promise<Model> {
    // Versions are immutable while a deployment names their digests.
    const key = `${variant} ${write(deployment.models)}`;
    const found = this.#models.get(key);
    if (found) return found;
    const loaded = this.bundle(deployment, variant).then(async (bytes) => (await this.#scorer()).Model.load(bytes));
    this.#models.set(key, loaded);
    loaded.catch(() => this.#models.delete(key));
    return loaded;
  }

  /** The bundle of a variant. */
  async bundle({ models }: Deployment, variant: string): Promise<Uint8Array<ArrayBuffer>> {
    const [store, key] = [await this.#store, write([this.#client.service, variant])];
    const kept = await store.get<KeptBundle>("bundles", key);
    if (kept && models.includes(kept.digest)) return kept.bytes;
    const bytes = await this.#client.bytes(`/v1/models/${encodeURIComponent(variant)}/bundle`);
    const digest = await sha256(bytes);
    if (digest !== undefined && !models.includes(digest)) {
      throw new PlumblineError("BUNDLE_NOT_DEPLOYED", `the bundle of ${variant} is not one of the deployment's`);
    }
    await store.bound("bundles", 8);
    if (digest !== undefined) await store.put("bundles", key, { digest, bytes } satisfies KeptBundle);
    return bytes;
  }
}

/** The leads' values as the champion reads them, which rules on fields compare; a lead it rejects has none. */
function valuesOf(model: Model, texts: readonly (string | undefined)[]): Record<string, LeadValue>[] {
  if (!model.values) throw new PlumblineError("ASSIGNMENT_NEEDS_SERVICE", "rules on fields decide who scores, and the page's scorer is too old for them");
  return texts.map((text) => {
    try {
      return text === undefined ? {} : model.values(text);
    } catch {
      return {};
    }
  });
}
