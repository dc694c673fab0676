// Training in wasm. `node tests/hosts/trained.mjs MODULE [ROWS]` prints the digests; with `--time` the seconds that 300 trees take on ROWS
// leads (200,000), the longest step, both by the clock and of CPU, and the memory of the module. MODULE: cargo build -p plumbline-trained --lib
// --target wasm32-unknown-unknown --profile edge, with RUSTFLAGS="-C target-feature=+simd128" for SIMD.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The trainer of a compiled module. */
export function trainer(module) {
  const { exports } = new WebAssembly.Instance(module, {});
  const begin = (kind, rows, order) => {
    if (!exports.trained_begin(kind, rows, order)) throw new Error(`kind ${kind} of ${rows} rows cannot be fitted`);
  };
  const step = () => {
    const code = exports.trained_step();
    if (code === 2) throw new Error("the fit failed");
    return code === 1;
  };
  const hex = () => {
    const at = exports.trained_digest();
    return Buffer.from(new Uint8Array(exports.memory.buffer, at, 32)).toString("hex");
  };
  const digest = (kind, rows, order) => {
    begin(kind, rows, order);
    while (step());
    return hex();
  };
  return { begin, step, hex, digest, bytes: () => exports.memory.buffer.byteLength };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isTimed = process.argv.includes("--time");
  const [file, rows = isTimed ? 200_000 : 3_000] = process.argv.slice(2).filter((argument) => argument !== "--time");
  const made = trainer(new WebAssembly.Module(readFileSync(file)));
  if (isTimed) {
    const began = performance.now();
    made.begin(3, Number(rows), 0);
    const binned = performance.now();
    // Processor time is of all threads, so of V8's compiler too; unlike the clock it does not count what else the machine does.
    const worked = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };
    const before = worked();
    const longest = { clock: 0, work: 0 };
    for (let more = true; more; ) {
      const [start, done] = [performance.now(), worked()];
      more = made.step();
      longest.clock = Math.max(longest.clock, performance.now() - start);
      longest.work = Math.max(longest.work, worked() - done);
    }
    const seconds = (ms) => (ms / 1000).toFixed(2);
    console.log(`large ${made.hex()}`);
    console.log(`table and bins ${seconds(binned - began)} s, trees ${seconds(performance.now() - binned)} s (${seconds(worked() - before)} s of CPU)`);
    console.log(`longest step ${longest.clock.toFixed(0)} ms (${longest.work.toFixed(0)} ms of CPU), memory ${(made.bytes() / 1e6).toFixed(1)} MB`);
  } else {
    for (const [kind, name] of ["trees", "everything", "logistic"].entries()) console.log(name, made.digest(kind, Number(rows), 0));
  }
}
