//! The calibration of an imported model: declared in its schema, or by `--sigmoid` and `--on`.

use clap::ValueEnum;
use plumbline_core::model::{Calibration, Scale};

use crate::Failure;

/// What a sigmoid acts on.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum On {
    /// The sum of the model, before its link
    Margin,
    /// The model's own probability
    Probability,
}

/// Slope and intercept in `A,B`.
pub fn sigmoid(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    text.split_once(',')
        .and_then(|(slope, intercept)| Some((number(slope)?, number(intercept)?)))
        .ok_or_else(|| "expected two numbers, such as -5.1,2.4".to_owned())
}

/// The calibration of a model of `files` files, `declared` by its schema or given as sigmoids.
pub fn of(declared: Calibration, sigmoids: Option<(&[(f64, f64)], On)>, files: usize) -> Result<Calibration, Failure> {
    let usage = |message: String| Err(Failure::usage("CALIBRATION", message));
    let Some((sigmoids, on)) = sigmoids else {
        return match declared {
            declared @ Calibration::Average(_) if declared.members().len() == files => Ok(declared),
            Calibration::Average(members) => {
                usage(format!("the schema's calibration averages {} models, but {files} files are given", members.len()))
            }
            Calibration::None if files > 1 => Ok(Calibration::Average(vec![Calibration::None; files])),
            _ if files > 1 => {
                usage(format!("{files} files are averaged; declare a calibration for each, [[calibration.average]]"))
            }
            declared => Ok(declared),
        };
    };
    if declared != Calibration::None {
        return usage("the schema declares a calibration, and --sigmoid gives another; keep one of them".to_owned());
    }
    if sigmoids.len() != files {
        return usage(format!(
            "{files} files need {files} --sigmoid, one per file in the same order; {} are given",
            sigmoids.len()
        ));
    }
    let on = match on {
        On::Margin => Scale::Margin,
        On::Probability => Scale::Probability,
    };
    let mut members: Vec<Calibration> =
        sigmoids.iter().map(|(slope, intercept)| Calibration::Sigmoid { slope: *slope, intercept: *intercept, on }).collect();
    let calibration = if files == 1 { members.swap_remove(0) } else { Calibration::Average(members) };
    match calibration.check() {
        Ok(()) => Ok(calibration),
        Err(problem) => usage(problem),
    }
}
