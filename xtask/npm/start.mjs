// `npm start`: install, build, and serve a simulated company's store from standalone workerd until Ctrl-C: eight weeks of history are
// played into an empty one.
import { join } from "node:path";
import { root } from "./run.mjs";
import { buildService } from "./steps.mjs";

const port = Number(process.env.PLUMBLINE_PORT ?? 8787);
await buildService();

const { startEdge } = await import(join(root, "worker/start.mjs"));
console.log("Starting; an empty store gets eight weeks of a simulated company's history first, which takes some 20 seconds.");
/** Shows how much of the history has been played: on a terminal in one line that is written again, else a line for each tenth. */
let shown = -10;
const played = (percent) => {
  if (process.stdout.isTTY) process.stdout.write(`\r  ${percent} % played${percent === 100 ? "\n" : ""}`);
  else if (percent >= shown + 10) console.log(`  ${(shown = percent)} % played`);
};
const edge = await startEdge({
  port,
  store: process.env.PLUMBLINE_STORE ?? join(root, ".plumbline/store"),
  log: process.env.PLUMBLINE_LOG ?? "batched",
  lifecycle: { is_local: true, is_demo: true },
  played,
});
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
${edge.key ? `\nA key that may approve, shown this once: ${edge.key}\n` : ""}
Score a lead:

  curl -s ${edge.url}/v1/score -H 'content-type: application/json' -d '${edge.exampleLead}'

Press Ctrl-C to stop.`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, async () => {
    await edge.stop();
    process.exit(0);
  });
}
