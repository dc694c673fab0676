// A request's body, whole, but never much more of it than the service would take.
export async function read(request, limit) {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) <= limit) return new Uint8Array(await request.arrayBuffer());
  const parts = [];
  let size = 0;
  // A body that is too large is cut one byte beyond the limit, which is enough for the service to refuse it.
  for await (const part of request.body ?? []) {
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
