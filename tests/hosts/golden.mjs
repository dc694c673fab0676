// `node tests/hosts/golden.mjs`: the same leads on every host, and a table of digests; fails on any difference.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { POLICY, score as inChromium } from "./chromium.mjs";
import { score as inNode } from "./node.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { project as install, root } from "./package.mjs";
import { score as inWorkerd } from "./workerd.mjs";

const at = (name) => join(root, "target/golden", name);
const sha256 = (lines) => createHash("sha256").update(lines.map((line) => `${line}\n`).join("")).digest("hex");

/** Every host by the name the table gives it. */
export const HOSTS = {
  "node .": (project, cases) => inNode(project, ".", cases),
  "node ./inline": (project, cases) => inNode(project, "./inline", cases),
  "node ./js (no wasm)": (project, cases) => inNode(project, "./js", cases),
  "workerd ./workers": inWorkerd,
  "Chromium .": (project, cases) => inChromium(project, ".", POLICY.wasm, cases),
  "Chromium ./inline": (project, cases) => inChromium(project, "./inline", POLICY.wasm, cases),
  "Chromium ./js (no wasm)": (project, cases) => inChromium(project, "./js", POLICY.noWasm, cases),
};

/** The cases, freshly written by the native program, which also compares its own bits with the committed ones. */
export function nativeCases() {
  execFileSync(program("golden", "plumbline-tests"), { cwd: root, stdio: "inherit" });
  return JSON.parse(readFileSync(at("cases.json"), "utf8")).map(({ name, input, digest, leads, now }) => {
    const bytes = readFileSync(at(input));
    const given = input.endsWith(".ndjson") ? { leads: bytes.toString() } : { rows: bytes.toString("base64") };
    const bundle = readFileSync(at(`${name}.plumb`)).toString("base64");
    return { name, leads, digest, lines: readFileSync(at(`${name}.lines`), "utf8").split("\n"), given: { name, bundle, now, ...given } };
  });
}

/** What differs from the native lines; empty when nothing does. */
export function differences(cases, answers) {
  return cases.flatMap(({ name, digest, lines }) => {
    const found = answers.find((answer) => answer.name === name)?.lines ?? [];
    if (sha256(found) === digest) return [];
    const line = lines.findIndex((text, i) => text !== found[i]);
    return [`${name}, lead ${line}:\n  native ${lines[line]}\n  here   ${found[line]}`];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cases = nativeCases();
  const leads = cases.reduce((sum, { lines }) => sum + lines.length, 0);
  const row = (...cells) => console.log(cells.map((cell, i) => String(cell).padEnd([26, 18, 7][i] ?? 0)).join(" "));
  const overall = (digests) => createHash("sha256").update(digests.join("")).digest("hex").slice(0, 16);
  row("host", "digest", "leads");
  row("native", overall(cases.map(({ digest }) => digest)), leads);
  const project = install();
  try {
    for (const [name, score] of Object.entries(HOSTS)) {
      const answers = await score(project, cases.map(({ given }) => given));
      const scored = answers.reduce((sum, { lines }) => sum + lines.length, 0);
      const differ = differences(cases, answers);
      row(name, overall(answers.map(({ lines }) => sha256(lines))), scored, differ.length > 0 ? "DIFFERS" : "equal");
      for (const difference of differ) console.log(difference);
      if (differ.length > 0) process.exitCode = 1;
    }
  } finally {
    project.remove();
  }
}
