// Compiles the component with Salesforce's own compiler: `node wasm/examples/lwc/check.mjs` prints what it complains about.
import { readFileSync } from "node:fs";
import { transformSync } from "@lwc/compiler";

let code = 0;
for (const file of ["leadScore.js", "leadScore.html"]) {
  const url = new URL(`force-app/main/default/lwc/leadScore/${file}`, import.meta.url);
  try {
    const { warnings = [] } = transformSync(readFileSync(url, "utf8"), file, { name: "leadScore", namespace: "c", enableDynamicComponents: false });
    for (const { message } of warnings) {
      console.error(`${file}: ${message}`);
      code = 1;
    }
  } catch (error) {
    console.error(`${file}: ${error.message}`);
    code = 1;
  }
}
process.exit(code);
