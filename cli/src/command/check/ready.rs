//! `plumbline check ready`: whether a service is ready, for health checks of containers.

use clap::Args;
use serde_json::json;

use crate::client::Service;
use crate::output::terminal;
use crate::{Failure, Outcome};

/// Whether a service is ready to score
#[derive(Debug, Args)]
#[command(after_help = "\
Asks /health/ready, for which no key is needed: for health checks of containers and for scripts that wait.

Exit codes:
  0    it is ready
  1    it is not, or cannot be reached
  2    invalid arguments

Examples:
  plumbline check ready --url http://127.0.0.1:8788")]
pub struct Ready {
    #[command(flatten)]
    service: Service,
}

impl Ready {
    /// Asks.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        // A store has no readiness: this fails as a usage error.
        self.service.connection()?;
        let (is_ready, found) = match self.service.get("/health/ready") {
            Ok(_) => (true, "ready".to_owned()),
            Err(why) => (false, why.to_string()),
        };
        if json {
            terminal::say_json(&json!({ "ready": is_ready, "found": found }))?;
        } else {
            terminal::say(&found)?;
        }
        Ok(if is_ready { Outcome::Done } else { Outcome::CheckFailed })
    }
}
