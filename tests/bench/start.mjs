// A fresh process: from nothing to the first score. `start.mjs plumbline BUNDLE` or `start.mjs onnx FOLDER NPM` prints two times in
// milliseconds: from the package, imported, and the model's bytes, read, to the first score (instantiate, load, score: nothing of
// the module is compiled before); and from the start, with the import and the reading.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [who, place, npm] = process.argv.slice(2);
const began = performance.now();
let ready;
if (who === "plumbline") {
  const { Model } = await import("../../wasm/pkg/node.js");
  const bytes = readFileSync(place);
  ready = performance.now();
  const model = await Model.load(bytes);
  model.scoreRow(new Float64Array(30));
} else {
  const ort = createRequire(join(npm, "node_modules/onnxruntime-web/package.json"))("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const bytes = readFileSync(join(place, "xgb_300.onnx"));
  ready = performance.now();
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", new Float32Array(30), [1, 30]) }, [session.outputNames.at(-1)]);
}
const end = performance.now();
console.log(JSON.stringify([end - ready, end - began]));
