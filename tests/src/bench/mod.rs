//! Timing of the core, in slices: short runs of the same work, so that the fastest shows what the work takes when nothing else
//! disturbs, and the median what it takes here and now.
//!
//! No bench library: criterion and divan time one thing after another, and what is wanted is a ratio to a peer in another
//! process. So the runner (`tests/bench/run.mjs`) asks each side for a fraction of a second in turn, many times.

mod road;
mod slice;
mod subject;

use std::path::Path;

use plumbline_core::bundle::Packing;
pub use road::road;
use slice::permutation;
use subject::{COLUMNS, Subject};

/// Models and rows, ready to be timed.
pub struct Bench {
    subjects: Vec<Subject>,
    rows: Vec<f64>,
    order: Vec<usize>,
}

impl Bench {
    /// Reads the models and rows of `folder`. Writes to `out` the bundles, the margins of all rows and the contributions of a few
    /// for the peers to be compared with. Every margin is compared with the reference evaluator's first, bit for bit.
    ///
    /// # Errors
    /// A sentence about the file that is absent, or the value that differs.
    pub fn prepare(folder: &Path, out: &Path) -> Result<Bench, String> {
        let rows = subject::read_rows(&folder.join("leads20k30.f32le"))?;
        let mut subjects = vec![
            Subject::import("xgb_300", &folder.join("xgb_300.ubj"))?,
            Subject::import("lgb_300", &folder.join("lgb_300.txt"))?,
            Subject::load("demo", &crate::project_root().join("worker/demo/demo.plumb"))?,
        ];
        std::fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
        for subject in &mut subjects {
            subject.check_and_write(&rows, out)?;
        }
        let order = permutation(rows.len() / COLUMNS);
        Ok(Bench { subjects, rows, order })
    }

    /// Answers one request with JSON: microseconds per row, or per loading, of the fastest slice and of the median one.
    ///
    /// # Errors
    /// The request is not one.
    pub fn answer(&self, request: &str) -> Result<String, String> {
        let unknown = || format!("unknown request {request:?}");
        let (what, model) = request.trim().split_once(' ').ok_or_else(unknown)?;
        let subject = self.subjects.iter().find(|subject| subject.name == model).ok_or_else(unknown)?;
        let slices = match what {
            "one" => subject.one(&self.rows, &self.order),
            "batch" => subject.batch(&self.rows),
            "explain" => subject.explain(&self.order),
            "load" => subject.read(Packing::Plain),
            "load-compact" => subject.read(Packing::Compact),
            _ => return Err(unknown()),
        };
        Ok(slices.to_json())
    }
}
