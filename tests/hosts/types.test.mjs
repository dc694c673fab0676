// The package's types, as a TypeScript project sees them: every entry point, strictly, and what must not compile does not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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

const STATISTICS = `
import { delong, driftReport, metricsReport, readWindows } from "plumbline/analysis";
import { assign, experiment, plan, type AllocationSettings, type ExperimentSettings } from "plumbline/experiment";
import { generateSuite, validate, type ExpectationSuite } from "plumbline/quality";
const settings: ExperimentSettings = {
  arms: [{ name: "control", weight: 1 }, { name: "treatment", weight: 1 }],
  primary: { name: "converted" },
  guardrails: [{ metric: { name: "deal size", kind: "mean" }, demand: { margin: 0.02 } }],
  method: { "group-sequential": { spending: "pocock", information: [0.5, 1], look: 1 } },
};
const verdict: string = experiment(settings, { arm: [0, 1], metrics: [{ value: [0, 1] }, { value: [3, 4] }] }).comparisons.map((arm) => arm.treatment).join();
const allocation: AllocationSettings = { experiment: "e", champion: "1", arm: [{ variant: "2", share_bp: 500 }] };
const variant: string | undefined = assign(allocation, ["L-1"])[0]?.variant;
const sentence: string | undefined = plan({ baseline: { rate: 0.1 }, lift: 0.05 }).sentences[0];
const area: number = delong([0.1, 0.9], [0, 1]).auc;
const drifted: boolean = driftReport([{ name: "visits", reference: [1, 2], current: [2, 3] }], { distance: 0.1 }).verdict.drifted;
const leads: number = metricsReport([0.1, 0.9], [0, 1]).leads;
const requests: number = readWindows(new Uint8Array()).requests;
const suite: ExpectationSuite = { name: "leads", expectations: [{ type: "expect_column_values_to_not_be_null", kwargs: { column: "visits" } }] };
const success: boolean = validate(suite, { visits: Int32Array.of(1) }, { resultFormat: { result_format: "BASIC", partial_unexpected_count: 5 } }).success;
const made: ExpectationSuite = generateSuite({ visits: [1, null] });
export default [verdict, variant, sentence, area, drifted, leads, requests, success, made];
`;

const SLIPS = {
  "a misspelt setting": `import { experiment } from "plumbline/experiment"; experiment({ arms: [], primary: { name: "x" }, lfit: 1 }, { arm: [], metrics: [] });`,
  "a misspelt result": `import { plan } from "plumbline/experiment"; plan({ baseline: { rate: 0.1 }, lift: 0.05 }).sentence;`,
  "an unknown method": `import { plan } from "plumbline/experiment"; plan({ baseline: { rate: 0.1 }, lift: 0.05, method: "bayes" });`,
  "an expectation without a type": `import { validate } from "plumbline/quality"; validate({ expectations: [{ kwargs: {} }] }, {});`,
  "suites in the statistics": `import { validate } from "plumbline/analysis"; validate({ expectations: [] }, {});`,
};

test("the statistics compile strictly, and reject what is wrong", () => {
  for (const resolution of ["nodenext", "bundler"]) {
    const { ok, said } = compile("", STATISTICS, resolution);
    assert.ok(ok, said);
  }
  for (const [why, source] of Object.entries(SLIPS)) {
    const { ok, said } = compile("", `${source}\nexport {};`, "bundler");
    assert.ok(!ok && said.includes("consumer.ts") && !/node_modules/.test(said), `${why}: ${said}`);
  }
});

const ELEMENT = `
import { addWords, connect, LeadScore, PlumblineError, type Connection, type Lead, type Scored, type Words } from "plumbline/element";
const connection: Connection = connect({ service: "https://scores.example.com", key: "pl_1", mode: "local", scorer: () => import("plumbline/js") });
const words: Partial<Words> = { up: "Yes" };
addWords("en-GB", words);
const element: LeadScore = document.createElement("lead-score");
const lead: Lead = { lead_id: "L-1" };
element.connection = connection;
element.lead = lead;
element.words = words;
element.addEventListener("lead-scored", (event) => console.log(((event as CustomEvent<Scored>).detail).score.band));
export const scored = async (): Promise<number> => (await connection.score(lead)).score.score;
export const code = (error: unknown): string => (error instanceof PlumblineError ? error.code : "");
`;

const LIST = `
import { connect, LeadList, type Column, type Lead, type ListScored, type Row } from "plumbline/list";
const list: LeadList = document.createElement("lead-list");
const [leads, columns]: [Lead[], Column[]] = [[{ lead_id: "L-1" }], [{ field: "lead_id", label: "Lead" }]];
list.connection = connect({ service: "https://scores.example.com", mode: "auto" });
list.columns = columns;
list.leads = leads;
list.order = { by: "score", isDescending: false };
list.addEventListener("lead-list-scored", (event) => console.log((event as CustomEvent<ListScored>).detail.by));
export const first = (row: Row): number => row.score ?? -1;
`;

const FRAME = `
import { answer, frame, type Frame, type FrameMessage, type FrameScored, type HostMessage } from "plumbline/frame";
import { LeadScore } from "plumbline/element";
import { Client, type Feedback, type Fetch, type ServedScore } from "plumbline/client";
const stop: () => void = answer(document.createElement("lead-score"), { origins: ["https://crm.example.com"] });
const card: Frame = frame(document.createElement("iframe"), { origin: "https://scores.example.com", fits: true });
export const shown = async (): Promise<FrameScored> => (stop(), card.score({ lead_id: "L-1" }));
export const types = (message: HostMessage | FrameMessage): string => message.type;
const limited: Fetch = async (url, options) => fetch(url, options);
const client = new Client({ service: "https://scores.example.com", fetch: limited });
const thumb: Feedback = { lead_id: "L-1", kind: "thumb", rating: 1 };
export const served = async (): Promise<ServedScore> => (await client.feedback(thumb), client.score({ lead_id: "L-1" }));
export { LeadScore };
`;

test("the elements compile strictly, and reject what is wrong", () => {
  for (const resolution of ["nodenext", "bundler"]) {
    for (const source of [ELEMENT, LIST, FRAME]) {
      const { ok, said } = compile("", source, resolution);
      assert.ok(ok, said);
    }
  }
  const slip = `import { connect } from "plumbline/element"; connect({ service: "", mode: "remote" }); export {};`;
  const { ok, said } = compile("", slip, "bundler");
  assert.ok(!ok && said.includes("consumer.ts") && !/node_modules/.test(said), said);
});

test("no type of the statistics is unknown", () => {
  for (const name of ["statistics", "experiments", "suites", "settings", "reports"]) {
    const text = readFileSync(join(root, `wasm/types/${name}.d.ts`), "utf8");
    assert.ok(!/\b(unknown|any)\b(?=[;,>\[\])])/.test(text.replaceAll(/\/\*[\s\S]*?\*\//g, "")), name);
  }
});

test("the examples of the READMEs compile strictly", () => {
  const node = 'declare module "node:fs/promises" { export function readFile(path: string): Promise<Uint8Array>; }';
  project.write("node.d.ts", node);
  let examples = 0;
  for (const file of ["README.md", "wasm/README.md"]) {
    for (const [, source] of readFileSync(join(root, file), "utf8").matchAll(/```js\n([\s\S]*?)```/g)) {
      const { ok, said } = compile("", `/// <reference path="./node.d.ts" />\n${source}`, "bundler");
      assert.ok(ok, `${file}: ${said}\n${source}`);
      examples++;
    }
  }
  assert.ok(examples >= 3, `${examples} examples`);
});
