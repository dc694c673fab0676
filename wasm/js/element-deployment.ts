// The deployment in the page: what serves, its bundles, and which variant scores a lead, drawn as the service draws it.
import type { Client } from "./element-client.ts";
import { clock, later, sha256, stop, write } from "./element-globals.ts";
import type { Store } from "./element-store.ts";
import { PlumblineError } from "./error.ts";
import type { Model } from "./model.ts";
import type { AllocationSettings } from "./settings.ts";

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
  variant: string;
  explores: boolean;
  epoch: number;
  /** When the service last confirmed the deployment. */
  checked: number;
}

/** A lead's part in a deployment. @internal */
export interface Part {
  variant: string;
  explores: boolean;
}

/** The parts of leads, in their order. @internal */
export interface Assigned {
  deployment: Deployment;
  /** When the service last confirmed the deployment. */
  checked: number;
  parts: Part[];
}

type Assign = (allocation: AllocationSettings, ids: readonly string[]) => Part[];

/** The deployment of one service, refreshed while the page lives. @internal */
export class Deployed {
  readonly #client: Client;
  readonly #store: Promise<Store>;
  readonly #scorer: () => Promise<Scorer>;
  readonly #changed: () => void;
  readonly #models = new Map<string, Promise<Model>>();
  #held: KeptDeployment | undefined;
  #first: Promise<KeptDeployment> | undefined;
  #assign: Promise<Assign> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, store: Promise<Store>, scorer: () => Promise<Scorer>, changed: () => void) {
    this.#client = client;
    this.#store = store;
    this.#scorer = scorer;
    this.#changed = changed;
  }

  /**
   * Who scores the lead with this id; empty if it has none.
   *
   * @throws {PlumblineError} `ASSIGNMENT_NEEDS_SERVICE` where rules on fields decide: only the service evaluates them.
   */
  async draw(id: string): Promise<Drawn> {
    const { deployment, checked, parts } = await this.assigned([id]);
    const { epoch, allocation } = deployment;
    const { variant, explores } = parts[0] as Part;
    const by = async (name: string): Promise<Drawn> => ({ model: await this.model(deployment, name), variant: name, explores, epoch, checked });
    if (variant === allocation.champion) return by(variant);
    // Where a challenger is not at hand, the champion answers for it, as it does at the service.
    return by(variant).catch(() => by(allocation.champion));
  }

  /** The part of each lead in the deployment, by its id; see {@link draw}. */
  async assigned(ids: readonly string[]): Promise<Assigned> {
    this.#first ??= this.#load().catch((error: unknown) => {
      this.#first = undefined;
      throw error;
    });
    await this.#first;
    const { deployment, checked } = this.#held as KeptDeployment;
    return { deployment, checked, parts: await this.#drawn(deployment.allocation, ids) };
  }

  /** Asks the service for the deployment, and says so when it is another. */
  async refresh(): Promise<void> {
    const deployment = await this.#client.json<Deployment>("/v1/deployment");
    const isOther = this.#held !== undefined && this.#held.deployment.epoch !== deployment.epoch;
    this.#held = { deployment, checked: clock() };
    await (await this.#store).put("deployments", this.#client.service, this.#held);
    if (!isOther) return;
    // Frees the models that are no longer deployed.
    for (const [key, model] of this.#models) {
      if (key.endsWith(write(deployment.models))) continue;
      this.#models.delete(key);
      void model.then((loaded) => loaded.free(), () => {});
    }
    this.#changed();
  }

  /** Refreshes every `ms` milliseconds from now on, while the page can be seen. */
  follow(ms: number): void {
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

  async #drawn(allocation: AllocationSettings, ids: readonly string[]): Promise<Part[]> {
    const { arm = [], champion, exploration_bp = 0, killed, rule = [] } = allocation;
    const isSplit = !killed && arm.some(({ share_bp }) => share_bp > 0);
    const plain: Part = { variant: champion, explores: false };
    if (!isSplit && exploration_bp === 0) return ids.map(() => plain);
    if (isSplit && rule.length > 0) {
      throw new PlumblineError("ASSIGNMENT_NEEDS_SERVICE", "rules on fields decide who scores this lead, which only the service evaluates");
    }
    this.#assign ??= import("./experiment.js").then((module: { assign: Assign }) => module.assign);
    const parts = (await this.#assign)(allocation, ids);
    return parts.map((part, place) => (ids[place] === "" ? plain : part));
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
