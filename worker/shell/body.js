// A request's body: never much more of it is held than the service would take, never longer than it allows, and of all bodies that are
// being received together only so much that an isolate can hold it.
const EMPTY = new Uint8Array(0);
/** Bytes that all bodies being received may have together, where the limit of one does not ask for more. */
const RECEIVING_BYTES = 16777216;
/** How long a body that is announced to be too large is received before it is refused: after the answer the runtime reads no more, and
 * a client that is closed on while it sends may not see it. */
const LINGER_MS = 250;
let receiving = 0;
/** What each body has of them. A client that breaks off may end its request where nothing runs any more: what it had is taken back when its
 * time is over. */
const shares = new Set();
const giveBack = (share) => {
  if (shares.delete(share)) receiving -= share.bytes;
};

/** Numbers of the problems that the service words. */
export const TIMEOUT = 2;
export const BUSY = 3;
export const BROKEN = 5;
export const TOO_LARGE = 6;

/** The body of `request` as bytes, or the number of what is wrong with it. */
export async function read(request, limit, ms) {
  if (request.body === null) return EMPTY;
  const length = request.headers.get("content-length");
  if (Number(length) > limit) {
    await Promise.race([discard(request.body.getReader(), limit), scheduler.wait(LINGER_MS)]);
    return TOO_LARGE;
  }
  const budget = Math.max(RECEIVING_BYTES, 2 * limit);
  const own = { bytes: 0, until: Date.now() + ms };
  shares.add(own);
  const fits = (bytes) => {
    if (receiving + bytes > budget) {
      const now = Date.now();
      for (const share of shares) if (share.until < now) giveBack(share);
    }
    if (receiving + bytes > budget || !shares.has(own)) return false;
    receiving += bytes;
    own.bytes += bytes;
    return true;
  };
  let late;
  const timeout = new Promise((done) => (late = setTimeout(done, ms, TIMEOUT)));
  try {
    if (length === null) return await Promise.race([cut(request.body.getReader(), limit, fits), timeout]);
    if (!fits(Number(length))) return BUSY;
    const bytes = await Promise.race([request.arrayBuffer(), timeout]);
    return bytes === TIMEOUT ? TIMEOUT : new Uint8Array(bytes);
  } catch {
    return BROKEN;
  } finally {
    clearTimeout(late);
    giveBack(own);
  }
}

/** Receives a body up to its end or `limit`, and keeps nothing. */
async function discard(reader, limit) {
  for (let size = 0; size <= limit; ) {
    const { done, value } = await reader.read().catch(() => ({ done: true }));
    if (done) return;
    size += value.length;
  }
}

/** A body of unknown length, cut one byte beyond the limit, which is enough for the service to refuse it. */
async function cut(reader, limit, fits) {
  const parts = [];
  let size = 0;
  while (size <= limit) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!fits(value.length)) return BUSY;
    parts.push(value);
    size += value.length;
  }
  const body = new Uint8Array(Math.min(size, limit + 1));
  let at = 0;
  for (const part of parts) {
    body.set(part.subarray(0, body.length - at), at);
    at += Math.min(part.length, body.length - at);
  }
  return body;
}
