// Who scores in a page: one worker for all lists where the page may have one, or the page's own thread in slices.
import type { Connection } from "./element.ts";
import type { Deployment, Names } from "./element-deployment.ts";
import { brief, type Brief } from "./list-brief.ts";
import type { Slices } from "./list-slices.ts";
import type { Load, Request, Response, Work } from "./list-worker.ts";
import type { PlumblineError } from "./error.ts";

/** Scores leads of one variant. @internal */
export interface Crew {
  readonly isWorker: boolean;
  /** The fields of a lead's id; undefined where the page's own model names them. */
  readonly names: Names | undefined;
  score(deployment: Deployment, variant: string, leads: readonly string[], now: number, slices: Slices): Promise<Brief[]>;
}

const CREWS = new WeakMap<Connection, Promise<Crew>>();

/** The crew of a connection: a worker that has loaded a model, or the page's thread. @internal */
export function crew(connection: Connection, mayWork: boolean): Promise<Crew> {
  if (!mayWork) return Promise.resolve(byPage(connection));
  let found = CREWS.get(connection);
  if (!found) {
    CREWS.set(connection, (found = hire(connection)));
    found.catch(() => CREWS.delete(connection));
  }
  return found;
}

async function hire(connection: Connection): Promise<Crew> {
  const page = byPage(connection);
  if (connection.isOwnScorer) return page;
  const { deployment } = await connection.deployed.assigned([], []);
  const { champion } = deployment.allocation;
  await connection.deployed.bundle(deployment, champion);
  let worker: WorkerCrew | undefined;
  try {
    worker = new WorkerCrew(connection, start(), page);
    // Where a worker may not run, or not compile the module, the page's thread may.
    await worker.load(deployment, champion);
    return worker;
  } catch {
    worker?.end();
    return page;
  }
}

function byPage({ deployed }: Connection): Crew {
  return {
    isWorker: false,
    names: undefined,
    async score(deployment, variant, leads, now, slices) {
      const model = await deployed.model(deployment, variant);
      const rows: Brief[] = [];
      for (const lead of leads) {
        if (slices.isOver) await slices.rest();
        try {
          rows.push(brief(model.score(lead, { now, reasons: 0 })));
        } catch (error) {
          rows.push({ code: (error as PlumblineError).code ?? "FAILED" });
        }
      }
      return rows;
    },
  };
}

/** The address of the worker, once a policy has made it: a policy is made once per page. */
let allowed: string | undefined;

/** The worker beside this module. A page with Trusted Types allows it by the policy name `plumbline`. */
function start(): Worker {
  const address = new URL("./list-worker.js", import.meta.url).href;
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } } }).trustedTypes;
  try {
    allowed ??= types?.createPolicy("plumbline", { createScriptURL: () => address }).createScriptURL(address);
  } catch {
    // The policy is not allowed, or another version of the package has made it: where types are not required, the address will do.
  }
  return new Worker(allowed ?? address, { type: "module" });
}

class WorkerCrew implements Crew {
  readonly isWorker = true;
  /** The worker has the champion loaded: the page need not. */
  readonly names: Names = async (deployment) => this.#ids.get(await this.load(deployment, deployment.allocation.champion)) ?? [];
  readonly #connection: Connection;
  readonly #worker: Worker;
  readonly #page: Crew;
  readonly #waiting = new Map<number, { done: (response: Response) => void; failed: (error: Error) => void }>();
  /** Loaded variants by the deployment's number. */
  readonly #loaded = new Map<string, Promise<string>>();
  /** The fields of a lead's id, by loaded variant. */
  readonly #ids = new Map<string, readonly string[]>();
  #last = 0;
  #broken: Error | undefined;

  constructor(connection: Connection, worker: Worker, page: Crew) {
    this.#connection = connection;
    this.#worker = worker;
    this.#page = page;
    worker.addEventListener("message", ({ data }: MessageEvent<Response>) => {
      const asked = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.failed === undefined) asked?.done(data);
      else asked?.failed(new Error(data.failed));
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault?.();
      this.end(new Error(event.message || "the worker cannot run"));
    });
  }

  async score(deployment: Deployment, variant: string, leads: readonly string[], now: number, slices: Slices): Promise<Brief[]> {
    if (this.#broken) return this.#page.score(deployment, variant, leads, now, slices);
    const name = await this.load(deployment, variant);
    return (await this.#ask({ variant: name, leads: `[${leads.join(",")}]`, now, reasons: 1 })).rows ?? [];
  }

  /** Loads the model of a variant, and resolves to its name in the worker. */
  load(deployment: Deployment, variant: string): Promise<string> {
    const name = `${deployment.epoch} ${variant}`;
    let found = this.#loaded.get(name);
    if (!found) {
      const bundle = this.#connection.deployed.bundle(deployment, variant);
      found = bundle.then((bundle) => this.#ask({ variant: name, epoch: deployment.epoch, bundle })).then(({ ids = [] }) => {
        this.#ids.set(name, ids);
        return name;
      });
      this.#loaded.set(name, found);
      found.catch(() => this.#loaded.delete(name));
    }
    return found;
  }

  /** Ends the worker. From then on the page answers. */
  end(error: Error = new Error("the worker has ended")): void {
    this.#broken = error;
    this.#worker.terminate();
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }

  #ask(request: Load | Work): Promise<Response> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = ++this.#last;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#worker.postMessage({ id, ...request } satisfies Request);
    });
  }
}
