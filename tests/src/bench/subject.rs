//! A model under the clock.

use std::cell::Cell;
use std::hint::black_box;
use std::path::Path;

use plumbline_core::bundle::{Manifest, Packing};
use plumbline_core::explain::Explainer;
use plumbline_core::model::Scratch;
use plumbline_core::{Bundle, Scorer};

use super::slice::Slices;

/// Columns of the rows in the folder of benches.
pub const COLUMNS: usize = 30;
/// Rows of one slice of single calls.
const SLICE: usize = 250;
/// Rows whose contributions are compared with a peer's.
const EXPLAINED: usize = 50;

/// A model, as a bundle and ready to score.
pub struct Subject {
    pub name: &'static str,
    bytes: Vec<u8>,
    /// The same, packed compactly.
    compact: Vec<u8>,
    scorer: Scorer,
    explainer: Explainer,
    /// Rows to explain: the folder's, or the bundle's own golden ones when its columns are others.
    explained: Vec<Vec<f64>>,
}

impl Subject {
    /// A peer's model file.
    pub fn import(name: &'static str, path: &Path) -> Result<Subject, String> {
        let imported = plumbline_core::import::import(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        let manifest = Manifest::declared(Default::default(), &imported.model.columns, &imported.categories);
        let bytes = Bundle::new(manifest, imported.model).write().map_err(|e| format!("{}: {e}", path.display()))?;
        Subject::new(name, bytes)
    }

    /// A bundle.
    pub fn load(name: &'static str, path: &Path) -> Result<Subject, String> {
        Subject::new(name, read(path)?)
    }

    fn new(name: &'static str, bytes: Vec<u8>) -> Result<Subject, String> {
        let bundle = Bundle::read(&bytes).map_err(|e| format!("{name}: {e}"))?;
        let compact = bundle.clone().packed(Packing::Compact).write().map_err(|e| format!("{name}: {e}"))?;
        let explained = bundle.goldens().iter().map(|golden| golden.row.clone()).collect();
        let scorer = Scorer::new(bundle).map_err(|e| format!("{name}: {e}"))?;
        let explainer = Explainer::compile(scorer.bundle().model()).ok_or_else(|| format!("{name} cannot be explained"))?;
        Ok(Subject { name, bytes, compact, scorer, explainer, explained })
    }

    /// Compares engine and reference evaluator on every row, then writes bundle, margins and contributions.
    pub fn check_and_write(&mut self, rows: &[f64], out: &Path) -> Result<(), String> {
        let write = |end: &str, bytes: &[u8]| {
            let path = out.join(format!("{}{end}", self.name));
            std::fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))
        };
        let little_endian = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        write(".plumb", &self.bytes)?;
        write(".compact.plumb", &self.compact)?;
        let engine = self.scorer.engine();
        if engine.columns() != COLUMNS {
            return Ok(());
        }
        let (mut scratch, mut batch) = (Scratch::default(), vec![0.0; rows.len() / COLUMNS]);
        engine.margins_batch(rows, &mut scratch, &mut batch);
        for (at, (row, batch)) in rows.chunks_exact(COLUMNS).zip(&batch).enumerate() {
            let (mut expected, mut one) = ([0.0], [0.0]);
            self.scorer.bundle().model().margins(row, &mut expected);
            engine.margins(row, &mut scratch, &mut one);
            if [one, [*batch]].iter().any(|margin| margin.map(f64::to_bits) != expected.map(f64::to_bits)) {
                return Err(format!("{} row {at}: engine and reference evaluator differ", self.name));
            }
        }
        write(".margins.f64le", &little_endian(&batch))?;
        let mut contributions = vec![0.0; EXPLAINED * (COLUMNS + 1)];
        for (row, out) in rows.chunks_exact(COLUMNS).zip(contributions.chunks_exact_mut(COLUMNS + 1)) {
            self.explainer.contributions(row, out);
        }
        write(".contributions.f64le", &little_endian(&contributions))?;
        self.explained = rows.chunks_exact(COLUMNS).map(<[f64]>::to_vec).collect();
        Ok(())
    }

    /// One lead per call, a raw row to its margin, in random order.
    pub fn one(&self, rows: &[f64], order: &[usize]) -> Slices {
        let engine = self.scorer.engine();
        let (mut scratch, mut margin) = (Scratch::default(), [0.0]);
        let mut order = order.chunks_exact(SLICE).cycle();
        Slices::of(SLICE, || {
            for at in order.next().unwrap_or_default() {
                engine.margins(rows.get(at * COLUMNS..(at + 1) * COLUMNS).unwrap_or_default(), &mut scratch, &mut margin);
                black_box(&margin);
            }
        })
    }

    /// All rows in one call, to their margins.
    pub fn batch(&self, rows: &[f64]) -> Slices {
        let (mut scratch, mut margins) = (Scratch::default(), vec![0.0; rows.len() / COLUMNS]);
        Slices::of(rows.len() / COLUMNS, || {
            self.scorer.engine().margins_batch(rows, &mut scratch, &mut margins);
            black_box(&margins);
        })
    }

    /// The contributions of one row per call.
    pub fn explain(&self, order: &[usize]) -> Slices {
        let mut out = vec![0.0; self.scorer.engine().outputs() * (self.scorer.engine().columns() + 1)];
        let next = Cell::new(0);
        Slices::of(20, || {
            for _ in 0..20 {
                let at = order.get(next.replace((next.get() + 1) % order.len())).copied().unwrap_or_default();
                if let Some(row) = self.explained.get(at % self.explained.len().max(1)) {
                    self.explainer.contributions(row, &mut out);
                }
                black_box(&out);
            }
        })
    }

    /// From bytes to a scorer: digest, validation, golden leads.
    pub fn read(&self, packing: Packing) -> Slices {
        let bytes = if packing == Packing::Compact { &self.compact } else { &self.bytes };
        Slices::of(1, || {
            black_box(Bundle::read(bytes).ok().and_then(|bundle| Scorer::new(bundle).ok()));
        })
    }
}

/// Rows of little-endian f32.
pub fn read_rows(path: &Path) -> Result<Vec<f64>, String> {
    let bytes = read(path)?;
    Ok(bytes.as_chunks::<4>().0.iter().map(|v| f64::from(f32::from_le_bytes(*v))).collect())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}
