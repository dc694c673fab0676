// What the elements use of the host, taken once when the module is loaded: a page that replaces globals later does not change them.

const host = globalThis;

/** Makes requests. @internal */
export const request: typeof fetch = host.fetch.bind(host);

/** Calls `work` after `ms` milliseconds. @internal */
export const later: (work: () => void, ms: number) => ReturnType<typeof setTimeout> = host.setTimeout.bind(host);

/** Stops a call of `later`. @internal */
export const stop: (timer: ReturnType<typeof setTimeout> | undefined) => void = host.clearTimeout.bind(host);

/** Milliseconds since 1970. @internal */
export const clock: () => number = host.Date.now;

/** JSON's writer and reader. @internal */
export const [write, read]: [typeof JSON.stringify, typeof JSON.parse] = [host.JSON.stringify, host.JSON.parse];

/** Databases; undefined where the host has none, or forbids them. @internal */
export const databases: IDBFactory | undefined = attempt(() => host.indexedDB);

/** Locks that tabs share; undefined outside secure contexts. @internal */
export const locks: LockManager | undefined = attempt(() => host.navigator.locks);

const crypto = host.crypto;
const random = crypto.getRandomValues.bind(crypto);

/** An id that no other event has: 128 random bits in hexadecimal. @internal */
export function newId(): string {
  return hex(random(new Uint8Array(16)));
}

/** SHA-256 in hexadecimal; undefined where the host has no `crypto.subtle` (outside secure contexts). @internal */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  return crypto.subtle && hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get() ?? undefined;
  } catch {
    return undefined;
  }
}
