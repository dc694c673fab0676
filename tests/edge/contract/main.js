// A worker whose Durable Object checks its own store, through the shell's imports, by the contract that every driver has to keep.
import { DurableObject } from "cloudflare:workers";
import module from "./edge.wasm";
import { instantiate } from "./instance.js";

export class Checked extends DurableObject {
  /** The promise that is not kept; empty when all are. */
  check() {
    const memory = instantiate(module, { storage: this.ctx.storage });
    const { exports } = memory;
    return exports.store_contract() === 0 ? "" : memory.text(exports.shard_error(), exports.shard_error_length());
  }

  /** Rows of `query`, by the store itself. */
  rows(query) {
    return this.ctx.storage.sql.exec(query).raw().toArray();
  }
}

export default {
  async fetch(request, { CHECKED }) {
    const object = CHECKED.get(CHECKED.idFromName("store"));
    const query = await request.text();
    return Response.json(query ? await object.rows(query) : await object.check());
  },
};
