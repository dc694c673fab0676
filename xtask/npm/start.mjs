// `npm start`: install, build, and serve a simulated company's store from standalone workerd until Ctrl-C: eight weeks of history are
// played into an empty one.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";
import { buildService } from "./steps.mjs";

const port = Number(process.env.PLUMBLINE_PORT ?? 8787);

/** Shows how much of the history has been played, a line for each tenth. */
let shown = -10;
const played = (percent) => {
  if (percent >= shown + 10) console.log(`  ${(shown = percent)} % of the history played`);
};
const [edge, code] = await buildService(async () => {
  const { startEdge } = await import(join(root, "worker/start.mjs"));
  // The page is served from here, and may still be on its way.
  mkdirSync(join(root, "web/dist"), { recursive: true });
  console.log("Starting; an empty store gets eight weeks of a simulated company's history first, which takes some 30 seconds.");
  return startEdge({
    port,
    store: process.env.PLUMBLINE_STORE ?? join(root, ".plumbline/store"),
    log: process.env.PLUMBLINE_LOG ?? "batched",
    lifecycle: { is_local: true, is_demo: true },
    played,
  });
});
const key = edge.key ? `\nA key that may approve, shown this once: ${edge.key}\n` : "";
if (code !== 0) {
  console.log(key);
  await edge.stop();
  process.exit(code);
}
const rollout = await fetch(`${edge.url}/v1/rollout`);
if (!rollout.ok) {
  console.error(`the lifecycle does not answer: ${await rollout.text()}`);
  await edge.stop();
  process.exit(69);
}

console.log(`
Plumbline is serving at ${edge.url}

  page        ${edge.url}/
  API         ${edge.url}/openapi.json
  metrics     ${edge.url}/metrics
  report      ${edge.url}/v1/report
${key}
Score a lead:

  curl -s ${edge.url}/v1/score -H 'content-type: application/json' -d '${edge.exampleLead}'

Press Ctrl-C to stop.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await edge.stop();
    process.exit(0);
  });
}
