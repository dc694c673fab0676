// A fresh process: from nothing to the first score, in milliseconds. `start.mjs plumbline BUNDLE` or `start.mjs onnx FOLDER NPM`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [who, place, npm] = process.argv.slice(2);
const started = performance.now();
if (who === "plumbline") {
  const { Model } = await import("../../wasm/pkg/node.js");
  const model = await Model.load(readFileSync(place));
  model.scoreRow(new Float64Array(30));
} else {
  const ort = createRequire(join(npm, "node_modules/onnxruntime-web/package.json"))("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(join(place, "xgb_300.onnx"), { executionProviders: ["wasm"] });
  await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", new Float32Array(30), [1, 30]) }, [session.outputNames.at(-1)]);
}
console.log(performance.now() - started);
