// What the elements keep in the browser: IndexedDB, or the page's memory where there is none.
import { databases } from "./element-globals.ts";

/** What is kept, each under a text. @internal */
export type Table = "deployments" | "bundles" | "seen" | "events";

/** Another layout takes another name, so that two versions of the package do not disturb each other. */
const NAME = "plumbline-element-1";
const TABLES: readonly Table[] = ["deployments", "bundles", "seen", "events"];

/** Rows by key. @internal */
export interface Store {
  get<T>(table: Table, key: string): Promise<T | undefined>;
  all<T>(table: Table): Promise<T[]>;
  put(table: Table, key: string, value: unknown): Promise<void>;
  /** Puts what `change` makes of the row in one step; undefined leaves it as it is. */
  change<T>(table: Table, key: string, change: (row: T | undefined) => T | undefined): Promise<void>;
  remove(table: Table, keys: readonly string[]): Promise<void>;
  /** Removes all rows of a table that has more than `most`. */
  bound(table: Table, most: number): Promise<void>;
  /** Whether rows outlive the page. */
  readonly isKept: boolean;
}

/** The browser's store; the page's memory where the browser has none or denies it. @internal */
export async function openStore(): Promise<Store> {
  try {
    return databases ? new Kept(await open(databases)) : new Memory();
  } catch {
    return new Memory();
  }
}

function open(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = factory.open(NAME, 1);
    asked.onupgradeneeded = () => TABLES.forEach((table) => asked.result.createObjectStore(table));
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("the database is blocked"));
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
  });
}

class Kept implements Store {
  readonly isKept = true;
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  get<T>(table: Table, key: string): Promise<T | undefined> {
    return this.#run(table, "readonly", (rows) => rows.get(key));
  }

  all<T>(table: Table): Promise<T[]> {
    return this.#run(table, "readonly", (rows) => rows.getAll());
  }

  put(table: Table, key: string, value: unknown): Promise<void> {
    return this.#run(table, "readwrite", (rows) => void rows.put(value, key));
  }

  change<T>(table: Table, key: string, change: (row: T | undefined) => T | undefined): Promise<void> {
    return this.#run(table, "readwrite", (rows) => {
      const asked = rows.get(key);
      asked.onsuccess = () => {
        const changed = change(asked.result);
        if (changed !== undefined) rows.put(changed, key);
      };
    });
  }

  remove(table: Table, keys: readonly string[]): Promise<void> {
    return this.#run(table, "readwrite", (rows) => void keys.forEach((key) => rows.delete(key)));
  }

  bound(table: Table, most: number): Promise<void> {
    return this.#run(table, "readwrite", (rows) => {
      const asked = rows.count();
      asked.onsuccess = () => void (asked.result > most && rows.clear());
    });
  }

  /** The result of `work` once its transaction is complete. */
  #run<T>(table: Table, mode: IDBTransactionMode, work: (rows: IDBObjectStore) => IDBRequest | void): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(table, mode, { durability: "strict" });
      const asked = work(transaction.objectStore(table));
      transaction.oncomplete = () => resolve((asked ? asked.result : undefined) as T);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }
}

class Memory implements Store {
  readonly isKept = false;
  readonly #tables = new Map<Table, Map<string, unknown>>(TABLES.map((table) => [table, new Map()]));

  #rows(table: Table): Map<string, unknown> {
    return this.#tables.get(table) as Map<string, unknown>;
  }

  async get<T>(table: Table, key: string): Promise<T | undefined> {
    return this.#rows(table).get(key) as T | undefined;
  }

  async all<T>(table: Table): Promise<T[]> {
    return [...this.#rows(table).values()] as T[];
  }

  async put(table: Table, key: string, value: unknown): Promise<void> {
    this.#rows(table).set(key, value);
  }

  async change<T>(table: Table, key: string, change: (row: T | undefined) => T | undefined): Promise<void> {
    const changed = change(this.#rows(table).get(key) as T | undefined);
    if (changed !== undefined) this.#rows(table).set(key, changed);
  }

  async remove(table: Table, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#rows(table).delete(key);
  }

  async bound(table: Table, most: number): Promise<void> {
    if (this.#rows(table).size > most) this.#rows(table).clear();
  }
}
