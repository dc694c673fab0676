// `npm start`: install, build, and serve the demo model from standalone workerd until Ctrl-C.
import { join } from "node:path";
import { root } from "./run.mjs";
import { buildService } from "./steps.mjs";

const port = Number(process.env.PLUMBLINE_PORT ?? 8787);
await buildService();

const { startEdge } = await import(join(root, "worker/start.mjs"));
const edge = await startEdge({
  port,
  store: process.env.PLUMBLINE_STORE ?? join(root, ".plumbline/store"),
  log: process.env.PLUMBLINE_LOG ?? "batched",
});

console.log(`
Plumbline is serving at ${edge.url}

  page        ${edge.url}/
  API         ${edge.url}/openapi.json
  metrics     ${edge.url}/metrics

Score a lead:

  curl -s ${edge.url}/v1/score -H 'content-type: application/json' -d '${edge.exampleLead}'

Press Ctrl-C to stop.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await edge.stop();
    process.exit(0);
  });
}
