// The yardstick: the least a worker can do with a POST body.
export default {
  async fetch(request) {
    return new Response(await request.arrayBuffer(), { headers: { "content-type": "application/json" } });
  },
};
