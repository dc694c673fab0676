//! `plumbline check post-deployment`: the service lives, is watched, can go back, and the rollout is where it should be.

use clap::Args;
use plumbline_core::report::Report;
use serde_json::Value;

use super::pre_deployment::ledger;
use super::say;
use crate::client::Service;
use crate::report::gate::GateReport;
use crate::table::moment;
use crate::{Failure, Outcome, clock};

/// After deployment: health, monitoring, alerts, the way back and the stages
#[derive(Debug, Args)]
#[command(after_help = "\
Checks
  health.ready        the service at --url is ready to score
  health.hosts        all log shards answered lately, no host serves an older deployment, and no kill switch is on
  watch.predictions   predictions are being written: the newest is at most --fresh-hours old
  watch.channel       alerts reach someone: a channel in Slack or a webhook
  alerts.red          no red alert fires, and no red incident is open
  alerts.yellow       yellow alerts, which fail no gate
  back.ready          a rollback has a model to go to
  stage.shadow, stage.canary, stage.ab_test, stage.full
                      each stage of the rollout: passed, under way or ahead; a stage under way fails if a required gate of it does
  rollout.decision    the rollout is neither held nor suspended, and what comes next; without one, VERSION is champion
  ledger.whole        the ledger verifies

With --passed STAGE the stages up to it must have been passed.

Exit codes:
  0    passed
  1    a check failed
  2    the service or the store could not be asked

Examples:
  plumbline check post-deployment --url https://scores.example --key $KEY
  plumbline check post-deployment 2026-12-01.1 --passed canary --url https://scores.example --key $KEY --json")]
pub struct PostDeployment {
    /// The version that must be rolled out or champion [default: any]
    #[arg(value_name = "VERSION")]
    version: Option<String>,
    /// The stages up to this one must have been passed
    #[arg(long, value_name = "STAGE", value_parser = STAGES)]
    passed: Option<String>,
    /// Hours after which the newest prediction is too old
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    fresh_hours: u32,
    #[command(flatten)]
    service: Service,
}

const STAGES: [&str; 4] = ["shadow", "canary", "ab_test", "full"];

impl PostDeployment {
    /// Checks and prints.
    pub fn run(&self, json: bool) -> Result<Outcome, Failure> {
        let mut out = GateReport::new("post-deployment");
        let body = self.service.get("/v1/report")?.body;
        let report: Report = serde_json::from_value(body).map_err(|e| Failure::Service {
            code: "SERVICE_ANSWER",
            message: format!("the service's report cannot be read: {e}"),
        })?;
        self.health(&mut out, &report);
        self.watch(&mut out, &report)?;
        alerts(&mut out, &report);
        self.back(&mut out)?;
        self.stages(&mut out, &report);
        ledger(&mut out, &self.service)?;
        say(&out, json)
    }

    fn health(&self, out: &mut GateReport, report: &Report) {
        if self.service.folder().is_some() {
            out.open("health.ready", "a store was named, not a service: --url asks the service");
        } else {
            match self.service.get("/health/ready") {
                Ok(_) => out.pass("health.ready", "the service is ready"),
                Err(why) => {
                    out.fail("health.ready", format!("the service is not ready: {why}"), "look at its log; docs/RUNBOOK.md")
                }
            }
        }
        let all = &report.complete;
        let is_well = all.answered == all.shards && all.hosts_behind == 0 && !all.killed;
        let found = format!(
            "{} of {} log shards answered, {} of {} hosts serve an older deployment{}",
            all.answered,
            all.shards,
            all.hosts_behind,
            all.hosts,
            if all.killed { ", a kill switch is on" } else { "" }
        );
        out.judge(
            "health.hosts",
            is_well,
            found,
            "plumbline diagnose finds the cause; plumbline kill --undo switches scoring on again",
        );
    }

    fn watch(&self, out: &mut GateReport, report: &Report) -> Result<(), Failure> {
        let newest = report.data_until.as_deref().and_then(|text| moment::moment(text).ok());
        let next = "send a lead to the service, and see that its log is stored: plumbline leads list";
        match newest {
            None => out.fail("watch.predictions", "no prediction was ever written", next),
            Some(at) => {
                let minutes = (clock::now().0 - at) / 60_000;
                let is_fresh = minutes <= i64::from(self.fresh_hours) * 60;
                let age = if minutes < 120 { format!("{minutes} minutes") } else { format!("{} hours", minutes / 60) };
                out.judge("watch.predictions", is_fresh, format!("the newest prediction is {age} old"), next);
            }
        }
        let body = self.service.get("/v1/rollout/policy")?.body;
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let hooks = body.pointer("/policy/alerts/notify/webhooks").and_then(Value::as_array).map_or(0, Vec::len);
        if text("/policy/alerts/notify/slack") || hooks > 0 {
            out.pass("watch.channel", "alerts are sent to Slack or a webhook");
        } else {
            out.open("watch.channel", "no channel is set: alerts show in the dashboard only (alerts.notify of the settings)");
        }
        Ok(())
    }

    /// Whether a rollback has a model to go to.
    fn back(&self, out: &mut GateReport) -> Result<(), Failure> {
        let rollout = self.service.get("/v1/rollout")?.body;
        let models = self.service.get("/v1/models")?.body;
        let champion = rollout.get("champion").and_then(Value::as_str).unwrap_or_default();
        let models = models.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
        let of = |alias: &str| {
            let has = |model: &&Value| {
                model.get("aliases").and_then(Value::as_array).into_iter().flatten().any(|one| one.as_str() == Some(alias))
            };
            models.iter().find(has).and_then(|model| model.get("version")).and_then(Value::as_str)
        };
        let is_under_way = rollout.get("rollout").is_some_and(|rollout| !rollout.is_null());
        match (is_under_way, of("previous")) {
            (true, _) => out.pass("back.ready", format!("a rollback gives all leads to {champion} at once")),
            (false, Some(previous)) => out.pass("back.ready", format!("a rollback goes from {champion} back to {previous}")),
            (false, None) => out.open("back.ready", format!("{champion} is the first model: there is none to go back to")),
        }
        Ok(())
    }

    /// What is known of the version while no rollout is under way.
    fn idle(&self, out: &mut GateReport, report: &Report) {
        const ID: &str = "rollout.decision";
        let Some(version) = &self.version else {
            if self.passed.is_some() {
                return out.fail(ID, "no rollout is under way", "name the VERSION that must have passed the stage");
            }
            return out.open(ID, "no rollout is under way: the champion serves all leads");
        };
        match report.models.iter().find(|model| &model.version == version).map(|model| model.status.as_str()) {
            Some("champion") => out.pass(ID, format!("{version} is champion: it serves all leads")),
            Some(status) => {
                let next = format!("plumbline rollout start {version}; after a rollback, docs/RUNBOOK.md");
                out.fail(ID, format!("no rollout is under way, and {version} is {status}"), next);
            }
            None => out.fail(ID, format!("{version} is not registered"), "plumbline models add M.plumb"),
        }
    }

    /// Where the rollout is.
    fn stages(&self, out: &mut GateReport, report: &Report) {
        let needed = self.passed.as_deref().and_then(|wanted| STAGES.iter().position(|stage| *stage == wanted));
        let Some(rollout) = &report.rollout else { return self.idle(out, report) };
        if let Some(version) = &self.version {
            let is_it = rollout.id.rsplit_once("-r").is_some_and(|(of, _)| of == version)
                || rollout.serving.iter().any(|one| &one.version == version);
            let found = format!("the rollout is {}", rollout.id);
            out.judge("rollout.version", is_it, found, &format!("plumbline rollout start {version}"));
        }
        for (at, name) in STAGES.iter().enumerate() {
            let id = format!("stage.{name}");
            let Some(stage) = rollout.stages.iter().find(|stage| stage.id == *name) else { continue };
            let must = needed.is_some_and(|needed| at <= needed);
            let days = stage.days.map_or_else(String::new, |days| format!(", day {days} of {}", stage.min_days));
            let by: Vec<String> = rollout
                .sign_offs
                .iter()
                .filter(|sign| sign.stage == *name)
                .map(|sign| format!("{} ({})", sign.by, sign.role))
                .collect();
            let failing: Vec<&str> = rollout
                .gates
                .iter()
                .filter(|gate| gate.required && gate.waived.is_none() && gate.status == plumbline_core::report::Status::Fail)
                .map(|gate| gate.id.as_str())
                .collect();
            match stage.state.as_str() {
                "done" if by.is_empty() => out.pass(&id, "passed"),
                "done" => out.pass(&id, format!("passed, approved by {}", by.join(", "))),
                "now" if !failing.is_empty() => {
                    out.fail(&id, format!("under way{days}; gates fail: {}", failing.join(", ")), "plumbline rollout explain");
                }
                _ if must => out.fail(&id, format!("not passed{days}"), "plumbline rollout explain lists what is missing"),
                "now" => out.pass(&id, format!("under way{days}")),
                _ => out.open(&id, "ahead"),
            }
        }
        let next = "plumbline rollout explain; plumbline rollout resume ends a hold";
        match (&rollout.held, rollout.suspended) {
            (_, true) => out.fail("rollout.decision", "suspended: the challenger serves no lead", next),
            (Some(why), false) => out.fail("rollout.decision", format!("held: {}", why.text), next),
            (None, false) => out.pass("rollout.decision", rollout.next.text.clone()),
        }
    }
}

fn alerts(out: &mut GateReport, report: &Report) {
    use plumbline_core::rollout::Severity;
    let firing = |severity| report.alerts.iter().filter(move |alert| alert.state == "firing" && alert.severity == severity);
    let red: Vec<String> = firing(Severity::Red)
        .map(|alert| alert.sentence.text.clone())
        .chain(
            report.incidents.iter().filter(|one| one.severity == Severity::Red).map(|one| format!("incident {} is open", one.id)),
        )
        .collect();
    let next = "docs/RUNBOOK.md has a section for each alert; plumbline alerts list";
    match red.first() {
        None => out.pass("alerts.red", "no red alert fires, and no red incident is open"),
        Some(first) => out.fail("alerts.red", format!("{} red: {first}", red.len()), next),
    }
    let yellow: Vec<&str> = firing(Severity::Yellow).map(|alert| alert.sentence.text.as_str()).collect();
    match yellow.first() {
        None => out.pass("alerts.yellow", "no yellow alert fires"),
        Some(first) => out.open("alerts.yellow", format!("{} yellow: {first}", yellow.len())),
    }
}
