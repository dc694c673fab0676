//! The gates of a model in continuous integration: before and after training, before and after deployment.

mod committed;
mod post_deployment;
mod post_training;
mod pre_deployment;
mod pre_training;

pub use post_deployment::PostDeployment;
pub use post_training::PostTraining;
pub use pre_deployment::PreDeployment;
pub use pre_training::PreTraining;

use crate::output::terminal;
use crate::report::gate::{GateReport, page};
use crate::{Failure, Outcome};

/// Prints a gate.
fn say(report: &GateReport, json: bool) -> Result<Outcome, Failure> {
    if json {
        terminal::say_json(report)?;
    } else {
        terminal::say(&page(report))?;
    }
    Ok(if report.passed { Outcome::Done } else { Outcome::CheckFailed })
}
