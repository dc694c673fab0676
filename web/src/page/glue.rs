//! What JavaScript does for the module.

use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

#[wasm_bindgen(raw_module = "./glue.js")]
extern "C" {
    /// Makes the children of `target` what `html` says, keeping what is the same.
    pub fn morph(target: &Element, html: &str);
    /// Hands `text` to the browser as a file to keep.
    pub fn keep(name: &str, kind: &str, text: &str);
    /// Asks the service; the answer is heard as `what`. An empty key, tag or body is not sent.
    pub fn ask(what: &str, method: &str, path: &str, key: &str, tag: &str, body: &str);
    /// Scores `lead` with the model in `bundle`; what comes of it is heard as `what`.
    pub fn score(what: &str, bundle: &str, lead: &str, now_ms: f64);
    /// Asks a worker for the plan of a test: base rate, lift, chance, leads a day, days of delay, leads given; its answer is heard as `tool:plan`.
    pub fn plan(numbers: &[f64]);
    /// Lets a worker begin the verification `run` of a ledger of which entries are known: a JSON array of numbers and hashes.
    pub fn chain(run: u32, known: &str);
    /// Hands it the service's answer with the entries that follow; how far it came is heard as `tool:chain:RUN`.
    pub fn chained(run: u32, entries: &str);
    /// Lets the worker read the chosen file; an empty name is guessed.
    pub fn read_sheet(score: &str, outcome: &str, segment: &str, scale: &str);
    /// Lets go of the chosen file.
    pub fn stop_sheet();
}
