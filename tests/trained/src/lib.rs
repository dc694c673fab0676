//! Trains on made-up leads and returns the digest of the model: natively as a library, in wasm behind four functions. Columns are drawn one
//! at a time and lent to the trainer, so that what a module takes is what the trainer takes.

mod abi;
mod table;

use std::sync::Arc;

use plumbline_core::model::Model;
use plumbline_core::train::boost::{Input, Rows, Settings};
use plumbline_core::train::{Calibrate, Data, Fit, logistic, test_rows};
use sha2::{Digest, Sha256};

pub use table::Table;

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Gradient-boosted trees with the settings that a user gets, calibrated by a sigmoid.
    Trees,
    /// The same with sampling, weights, early stopping and a monotone column, calibrated by a monotone map.
    Everything,
    /// Logistic regression, calibrated by a sigmoid.
    Logistic,
    /// 300 trees of depth 6 without calibration: what times are measured on.
    Large,
}

impl Kind {
    /// Those whose digests are compared.
    pub const COMPARED: [Kind; 3] = [Kind::Trees, Kind::Everything, Kind::Logistic];

    /// Its name in `tests/golden/trained.txt`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Trees => "trees",
            Kind::Everything => "everything",
            Kind::Logistic => "logistic",
            Kind::Large => "large",
        }
    }

    /// The kind of this number, as `begin` of the module takes it.
    pub fn numbered(number: u32) -> Kind {
        [Kind::Trees, Kind::Everything, Kind::Logistic].get(number as usize).copied().unwrap_or(Kind::Large)
    }

    fn settings(self) -> Settings {
        match self {
            Kind::Everything => Settings {
                trees: 40,
                depth: 5,
                row_share: 0.8,
                column_share: 0.7,
                seed: 42,
                positive_weight: 3.0,
                held_out: 0.2,
                patience: 10,
                ..Settings::default()
            },
            Kind::Large => Settings { trees: 300, depth: 6, learning_rate: 0.1, ..Settings::default() },
            _ => Settings { trees: 20, ..Settings::default() },
        }
    }
}

/// A fit of `kind` to `rows` made-up leads, in the order of `order` (0: as they were drawn), before its first step.
///
/// # Errors
/// A sentence: there are too few leads.
pub fn begin(kind: Kind, rows: u32, order: u64) -> Result<Fit, String> {
    let table = Table::new(rows, order);
    let (outcomes, keys) = (table.outcomes(), table.keys());
    let is_test = test_rows(&keys, &[], if kind == Kind::Large { 0.0 } else { 0.2 });
    let (data, calibrate) = if kind == Kind::Logistic {
        let names = (0..Table::NUMBERS).map(|place| format!("x{place}")).collect();
        let rows = logistic::Rows::new(names, (outcomes, keys), |place| table.filled(place)).map_err(|e| e.to_string())?;
        (Data::Logistic(logistic::Settings::default(), Arc::new(rows)), Calibrate::Sigmoid)
    } else {
        let monotone = |place: usize| i8::from(kind == Kind::Everything && place == 0);
        let input =
            |place: usize| Input { name: format!("x{place}"), categorical: place >= Table::NUMBERS, monotone: monotone(place) };
        let inputs = (0..Table::COLUMNS).map(input).collect();
        let rows = Rows::new(inputs, (outcomes, keys), |place| table.column(place)).map_err(|e| e.to_string())?;
        let calibrate = match kind {
            Kind::Everything => Calibrate::Isotonic,
            Kind::Large => Calibrate::None,
            _ => Calibrate::Sigmoid,
        };
        (Data::Trees(kind.settings(), Arc::new(rows)), calibrate)
    };
    Fit::new(data, is_test, calibrate).map_err(|e| e.to_string())
}

/// The SHA-256 of the model and the calibration of `fit`, as JSON.
///
/// # Errors
/// A sentence: they cannot be written.
pub fn digest(fit: &Fit) -> Result<[u8; 32], String> {
    let (model, calibration) = fit.finish();
    let written: (Model, _) = (model, calibration);
    Ok(Sha256::digest(serde_json::to_vec(&written).map_err(|e| e.to_string())?).into())
}
