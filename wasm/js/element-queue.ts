// Feedback and exposures on their way: stored first, sent in batches, removed once the service has them. Each event has an id of its own,
// so a batch that is sent again changes nothing at the service; one tab sends at a time.
import type { Client } from "./element-client.ts";
import { clock, later, locks, newId, read, stop, write } from "./element-globals.ts";
import type { Store } from "./element-store.ts";

/** Where events go. @internal */
export type Route = "feedback" | "exposures";

/** What a person says or saw, as the service's route takes it. @internal */
export type EventFields = Readonly<Record<string, string | number | object>>;

/** An event as it is stored. */
interface Row {
  id: string;
  service: string;
  route: Route;
  fields: EventFields;
  added: number;
  /** Not sent before this time; it may be changed until then. */
  due: number;
}

/** Events in one request, and their bytes: browsers take 64 KiB with `keepalive`. */
const [MOST, MOST_BYTES] = [200, 48_000];
/** More are not kept: the oldest go. */
const MOST_KEPT = 10_000;
const LONGEST_WAIT = 300_000;

/** An event the service rejected for good, and its code. @internal */
export type Rejected = (id: string, code: string) => void;

/** The queue of one service. @internal */
export class Queue {
  readonly #store: Promise<Store>;
  readonly #client: Client;
  readonly #rejected: Rejected;
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer ends; Infinity without one. */
  #wakes = Infinity;
  #failures = 0;

  constructor(store: Promise<Store>, client: Client, rejected: Rejected) {
    this.#store = store;
    this.#client = client;
    this.#rejected = rejected;
  }

  /** Stores an event and returns its id; it is sent `hold` milliseconds later or when it is released. */
  async add(route: Route, fields: EventFields, hold = 0): Promise<string> {
    const store = await this.#store;
    const [id, now] = [newId(), clock()];
    const row: Row = { id, service: this.#client.service, route, fields: { ...fields, event_id: id }, added: now, due: now + hold };
    await store.put("events", id, row);
    this.#wake(hold);
    return id;
  }

  /** Adds `fields` to an event that is still held, holds it for `hold` milliseconds more, and returns whether it was. */
  async amend(id: string, fields: EventFields, hold = 0): Promise<boolean> {
    const store = await this.#store;
    let isHeld = false;
    await store.change<Row>("events", id, (row) => {
      isHeld = row !== undefined && row.due > clock();
      return row && isHeld ? { ...row, fields: { ...row.fields, ...fields }, due: clock() + hold } : undefined;
    });
    this.#wake(hold);
    return isHeld;
  }

  /** Sends what is due; resolves when the service took it, or when it has to be tried again. */
  flush(): Promise<void> {
    this.#sending ??= this.#locked().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  /** How many events wait. */
  async waiting(): Promise<number> {
    return (await this.#rows()).length;
  }

  #wake(ms: number): void {
    const at = clock() + ms;
    if (at >= this.#wakes) return;
    stop(this.#timer);
    this.#wakes = at;
    this.#timer = later(() => {
      this.#wakes = Infinity;
      void this.flush();
    }, ms);
  }

  async #locked(): Promise<void> {
    try {
      // The other tab's events are stored too: who comes second finds what is left.
      await (locks ? locks.request(`plumbline ${this.#client.service}`, () => this.#drain()) : this.#drain());
      this.#failures = 0;
      const [next] = (await this.#rows()).map((row) => row.due).sort((a, b) => a - b);
      if (next !== undefined) this.#wake(Math.max(next - clock(), 50));
    } catch (error) {
      const wait = Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(this.#failures++, 10));
      this.#wake(Math.max(error instanceof Later ? error.ms : 0, wait * (0.5 + Math.random() / 2)));
    }
  }

  async #drain(): Promise<void> {
    const store = await this.#store;
    for (let size = MOST; ; ) {
      const rows = (await this.#rows()).filter((row) => row.due <= clock());
      const route = rows[0]?.route;
      if (!route) return;
      const batch: Row[] = [];
      let bytes = 0;
      for (const row of rows) {
        if (row.route !== route) continue;
        bytes += write(row.fields).length * 3;
        if (batch.length > 0 && (batch.length >= size || bytes > MOST_BYTES)) break;
        batch.push(row);
      }
      const done = await this.#send(route, batch);
      // A batch that cannot be read as a whole is sent event by event, so that one does not keep the others.
      if (!done) size = 1;
      else await store.remove("events", done);
    }
  }

  /** Ids of the events that need not be sent again; undefined where the batch has to be split. */
  async #send(route: Route, batch: readonly Row[]): Promise<string[] | undefined> {
    const body = batch.map((row) => write(row.fields)).join("\n");
    const response = await this.#client.ask(`/v1/${route}`, { method: "POST", body, type: "application/x-ndjson", keepalive: true });
    if ([400, 413, 422].includes(response.status)) {
      if (batch.length > 1) return undefined;
      const [row] = batch as [Row];
      this.#rejected(row.id, `HTTP_${response.status}`);
      return [row.id];
    }
    if (!response.ok) throw new Later(Number(response.headers.get("retry-after") ?? 0) * 1000);
    const { events }: { events: { status: number; code: string }[] } = read(await response.text());
    const done: string[] = [];
    batch.forEach((row, place) => {
      const { status, code } = events[place] ?? { status: 500, code: "" };
      // A clock that is ahead of the service's: the event is fine a little later. The service's own trouble passes too.
      if (code === "EVENT_IN_FUTURE" || status >= 500 || status === 429) return;
      done.push(row.id);
      if (status >= 300) this.#rejected(row.id, code);
    });
    if (done.length === 0) throw new Later(0);
    return done;
  }

  /** The events of this service, oldest first. */
  async #rows(): Promise<Row[]> {
    const store = await this.#store;
    const rows = (await store.all<Row>("events")).filter((row) => row.service === this.#client.service).sort((a, b) => a.added - b.added);
    const surplus = rows.splice(0, Math.max(rows.length - MOST_KEPT, 0));
    if (surplus.length > 0) await store.remove("events", surplus.map((row) => row.id));
    return rows;
  }
}

/** The service asks to be asked later. */
class Later {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}
