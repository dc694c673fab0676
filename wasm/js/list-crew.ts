// Who scores in a page: one worker for all lists where the page may have one, or the page's own thread in slices.
import type { Connection } from "./element.ts";
import type { Deployment } from "./element-deployment.ts";
import { brief, type Brief } from "./list-brief.ts";
import type { Slices } from "./list-slices.ts";
import type { Load, Request, Response, Work } from "./list-worker.ts";
import type { PlumblineError } from "./error.ts";

/** Scores leads of one variant. @internal */
export interface Crew {
  readonly isWorker: boolean;
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

/** The worker beside this module. A page with Trusted Types allows it by the policy name `plumbline`. */
function start(): Worker {
  const address = new URL("./list-worker.js", import.meta.url).href;
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } } }).trustedTypes;
  let url: string = address;
  try {
    url = types?.createPolicy("plumbline", { createScriptURL: () => address }).createScriptURL(address) ?? address;
  } catch {
    // The policy is not allowed, or another list has made it: without types required, the address will do.
  }
  return new Worker(url, { type: "module" });
}

class WorkerCrew implements Crew {
  readonly isWorker = true;
  readonly #connection: Connection;
  readonly #worker: Worker;
  readonly #page: Crew;
  readonly #waiting = new Map<number, { done: (rows: Brief[]) => void; failed: (error: Error) => void }>();
  /** Loaded variants by the deployment's number. */
  readonly #loaded = new Map<string, Promise<string>>();
  #last = 0;
  #broken: Error | undefined;

  constructor(connection: Connection, worker: Worker, page: Crew) {
    this.#connection = connection;
    this.#worker = worker;
    this.#page = page;
    worker.addEventListener("message", ({ data }: MessageEvent<Response>) => {
      const asked = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.rows) asked?.done(data.rows);
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
    return this.#ask({ variant: name, leads: `[${leads.join(",")}]`, now, reasons: 1 });
  }

  /** Loads the model of a variant, and resolves to its name in the worker. */
  load(deployment: Deployment, variant: string): Promise<string> {
    const name = `${deployment.epoch} ${variant}`;
    let found = this.#loaded.get(name);
    if (!found) {
      const bundle = this.#connection.deployed.bundle(deployment, variant);
      found = bundle.then((bundle) => this.#ask({ variant: name, epoch: deployment.epoch, bundle })).then(() => name);
      this.#loaded.set(name, found);
      found.catch(() => this.#loaded.delete(name));
    }
    return found;
  }

  /** Ends the worker; what is asked of it from now on the page answers. */
  end(error: Error = new Error("the worker has ended")): void {
    this.#broken = error;
    this.#worker.terminate();
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }

  #ask(request: Load | Work): Promise<Brief[]> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = ++this.#last;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#worker.postMessage({ id, ...request } satisfies Request);
    });
  }
}
