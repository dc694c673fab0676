//! `plumbline check pre-deployment`: a person reviewed the model, the ML lead approved it, and it has its place in the queue.

use clap::Args;
use plumbline_core::rollout::Policy;
use serde_json::Value;

use super::say;
use crate::client::{Service, encoded};
use crate::report::gate::GateReport;
use crate::{Failure, Outcome};

/// Before deployment: review, approval and the place in the queue
#[derive(Debug, Args)]
#[command(after_help = "\
Reads the ledger of the service at --url, or of the store at --store.

Checks
  ledger.whole        the ledger verifies
  model.registered    the version is registered
  model.review        a person reviewed its figures: an approval with a comment
  model.approval      someone in each role of stage.shadow.approve (ml_lead) approved it
  model.slot          it has the place in the queue for shadow, or its rollout is under way

`plumbline models approve VERSION --comment TEXT` records review and approval.

Exit codes:
  0    passed
  1    a check failed
  2    the service or the store could not be asked

Examples:
  plumbline check pre-deployment 2026-12-01.1 --url https://scores.example --key $KEY
  plumbline check pre-deployment 2026-12-01.1 --store data --json")]
pub struct PreDeployment {
    /// The version
    #[arg(value_name = "VERSION")]
    version: String,
    #[command(flatten)]
    service: Service,
}

impl PreDeployment {
    /// Checks and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let mut report = GateReport::new("pre-deployment");
        ledger(&mut report, &self.service)?;
        match self.service.get(&format!("/v1/models/{}/card", encoded(&self.version))) {
            Ok(card) => self.model(&mut report, &card.body)?,
            Err(Failure::Rejected { code, message }) if code == "NO_SUCH_MODEL" => {
                report.fail("model.registered", message, "plumbline models add M.plumb");
            }
            Err(other) => return Err(other),
        }
        say(&report, json)
    }

    fn model(&self, report: &mut GateReport, card: &Value) -> Result<(), Failure> {
        let word = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (version, status) = (word(card, "/model/version"), word(card, "/model/status"));
        report.pass(
            "model.registered",
            format!("{version} is registered (digest {}…)", word(card, "/model/digest").get(..12).unwrap_or_default()),
        );
        let approvals = card.get("approvals").and_then(Value::as_array).cloned().unwrap_or_default();
        let how = format!("plumbline models approve {version} --comment TEXT --key KEY");
        match approvals.last() {
            Some(last) => {
                let found = format!("{} on {}: {}", word(last, "/by"), word(last, "/at"), word(last, "/comment"));
                report.pass("model.review", found);
            }
            None => report.fail("model.review", "no review of its figures is in the ledger", how.clone()),
        }
        for role in self.roles()? {
            match approvals.iter().find(|one| word(one, "/role") == role) {
                Some(one) => {
                    report.pass("model.approval", format!("{} approved it as {role} on {}", word(one, "/by"), word(one, "/at")));
                }
                None => report.fail("model.approval", format!("no one approved it as {role}"), how.clone()),
            }
        }
        let is_placed = matches!(status.as_str(), "queued" | "shadow" | "canary" | "ab_test" | "full" | "champion");
        let found = match status.as_str() {
            "queued" => format!("{version} is next in the queue for shadow"),
            _ => format!("{version} is {status}"),
        };
        report.judge(
            "model.slot",
            is_placed,
            found,
            "an approval gives it the place in the queue; a version that was replaced is approved again",
        );
        Ok(())
    }

    /// The roles whose approval the policy in force asks for.
    fn roles(&self) -> Result<Vec<String>, Failure> {
        let body = self.service.get("/v1/rollout/policy")?.body;
        let policy: Policy = serde_json::from_value(body.get("policy").cloned().unwrap_or_default()).map_err(|e| {
            Failure::Service { code: "SERVICE_ANSWER", message: format!("the service's policy cannot be read: {e}") }
        })?;
        let roles = policy.stage.shadow.approve;
        Ok(if roles.is_empty() { vec!["ml_lead".to_owned()] } else { roles })
    }
}

/// Adds whether the ledger is whole.
pub(super) fn ledger(report: &mut GateReport, service: &Service) -> Result<(), Failure> {
    let body = service.get("/v1/ledger/verify")?.body;
    let total = body.get("total").and_then(Value::as_u64).unwrap_or_default();
    let is_whole = body.get("valid") == Some(&Value::Bool(true));
    let found =
        if is_whole { format!("{total} entries verify") } else { "an entry was altered, dropped or reordered".to_owned() };
    report.judge("ledger.whole", is_whole, found, "plumbline ledger verify names the entry");
    Ok(())
}
