// The package's types, as a TypeScript project sees them: every entry point, strictly, and what must not compile does not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { project as install, root } from "./package.mjs";

const ENTRIES = ["plumbline", "plumbline/workers", "plumbline/inline", "plumbline/js"];

let project;
before(() => (project = install()));
after(() => project?.remove());

/** What tsc says of `source`, whose `ENTRY` stands for the entry point, under each way to resolve packages. */
function compile(entry, source, resolution) {
  project.write("consumer.ts", source.replaceAll("ENTRY", entry));
  const args = ["--strict", "--noEmit", "--target", "es2022", "--module", resolution === "nodenext" ? "nodenext" : "esnext"];
  const tsc = join(root, "node_modules/.bin/tsc");
  // `--skipLibCheck false`: our declarations are checked too, not only what the consumer writes.
  const ran = spawnSync(tsc, [...args, "--moduleResolution", resolution, "--skipLibCheck", "false", "--types", "", "consumer.ts"], {
    cwd: project.folder,
    encoding: "utf8",
  });
  return { ok: ran.status === 0, said: ran.stdout + ran.stderr };
}

const GOOD = `
import { Model, PlumblineError, type Card, type Explanation, type Lead, type Score, type ScoreOptions } from "ENTRY";
export async function run(bytes: Uint8Array | ArrayBuffer): Promise<number> {
  const model: Model = await Model.load(bytes);
  const card: Card = model.card;
  const lead: Lead = { lead_id: "L-1", pages: 7, tags: ["a"], demo: true, seen: null };
  const options: ScoreOptions = { now: new Date(0), reasons: 5 };
  const score: Score = model.score(lead, options);
  const again: Score = model.score(JSON.stringify(lead));
  const bytesAgain: Score = model.score(new TextEncoder().encode("{}"));
  const rows: Float64Array = model.scoreBatch(new Float64Array(card.columns.length), { output: "margin" });
  const many: (Score | PlumblineError)[] = model.scoreBatch("{}\\n{}", { reasons: 0 });
  const one: number = model.scoreRow(new Float64Array(card.columns.length));
  const why: Explanation[] = model.explain(lead);
  const field: string | undefined = card.fields[0]?.name;
  try {
    model.score("nonsense");
  } catch (error) {
    if (error instanceof PlumblineError) console.log(error.code, error.field, error.path, error.problems[0]?.pointer);
  }
  model[Symbol.dispose]();
  model.free();
  return score.probability + again.score + bytesAgain.margin + rows.length + many.length + one + why.length + (field?.length ?? 0);
}
`;

const BAD = {
  "a number is no model": `import { Model } from "ENTRY"; await Model.load(7);`,
  "a model is not made by new": `import { Model } from "ENTRY"; new Model();`,
  "a score is read only through its type": `import { Model } from "ENTRY"; export const f = (m: Model): number => m.score({}).probabilty;`,
  "a lead holds no functions": `import { Model } from "ENTRY"; export const f = (m: Model) => m.score({ a: () => 1 });`,
  "rows are doubles": `import { Model } from "ENTRY"; export const f = (m: Model) => m.scoreRow(new Float32Array(1));`,
  "internals are not offered": `import { Door } from "ENTRY"; export default Door;`,
};

for (const entry of ENTRIES) {
  for (const resolution of ["nodenext", "bundler"]) {
    test(`${entry} compiles strictly (${resolution})`, () => {
      const { ok, said } = compile(entry, GOOD, resolution);
      assert.ok(ok, said);
    });
  }
  test(`${entry} refuses what is wrong`, () => {
    for (const [why, source] of Object.entries(BAD)) {
      const { ok, said } = compile(entry, `${source}\nexport {};`, "bundler");
      assert.ok(!ok && said.includes("consumer.ts"), `${why}: ${said}`);
      // It fails for its own reason, not because the package's declarations do not compile.
      assert.ok(!/node_modules/.test(said), said);
    }
  });
}
