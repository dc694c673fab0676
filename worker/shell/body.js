// A request's body of unknown or excessive length: never much more of it is held than the service would take.
export async function read(stream, limit) {
  const parts = [];
  let size = 0;
  // A body that is too large is cut one byte beyond the limit, which is enough for the service to refuse it.
  for await (const part of stream ?? []) {
    parts.push(part);
    size += part.length;
    if (size > limit) break;
  }
  const body = new Uint8Array(Math.min(size, limit + 1));
  let at = 0;
  for (const part of parts) {
    body.set(part.subarray(0, body.length - at), at);
    at += Math.min(part.length, body.length - at);
  }
  return body;
}
