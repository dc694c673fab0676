// Node as a host.
import { spawnSync } from "node:child_process";

/** Runs the project's ES module `script`; what it printed, or an exception with what it complained about. */
export function run(project, script, input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: project.folder,
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`node ${script} ended with ${status}:\n${stderr}`);
  return stdout;
}

/** Scores `cases` by the entry point `entry`. */
export function score(project, entry, cases) {
  project.copy(new URL("lines.mjs", import.meta.url).pathname, "lines.mjs");
  project.write(
    "score.mjs",
    `import { text } from "node:stream/consumers";
import { Model } from "plumbline${entry.slice(1)}";
import { score } from "./lines.mjs";
console.log(JSON.stringify(await score(Model, JSON.parse(await text(process.stdin)))));`,
  );
  return JSON.parse(run(project, "score.mjs", JSON.stringify(cases)));
}
