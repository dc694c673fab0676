//! The report's sentences: what a measure says, the state in one sentence, and the answers to a manager's questions.

use super::Facts;
use crate::alert::Phase;
use crate::report::alert;
use crate::report::document::{Answers, Question, Verdict};
use crate::report::experiment::Revenue;
use crate::report::measure::{Measure, MeasureId};
use crate::report::time::time_text;
use crate::report::value::{Estimate, Status, Target};
use crate::rollout::{DAY_MS, Outcome, Severity, Stage, phrase};
use crate::sentence::Sentence;
use crate::table::parse_date;

/// What the measure `id` says; `currency` is that of deals.
pub(super) fn measured(id: MeasureId, estimate: &Estimate, target: Option<&Target>, status: Status, currency: &str) -> Sentence {
    let words = id.words();
    let number = |x: f64| number(id, x, currency);
    let Some(value) = estimate.value else {
        return Sentence::new("MEASURE_UNKNOWN", format!("{words}: not known yet."));
    };
    let shown = number(value);
    let interval = match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(" ({} to {})", number(low), number(high)),
        _ => String::new(),
    };
    let wanted = target.map(|target| {
        let bound = number(target.value);
        match target.op.as_str() {
            ">" => format!("more than {bound} is wanted"),
            ">=" => format!("at least {bound} is wanted"),
            "<" => format!("less than {bound} is wanted"),
            _ => format!("at most {bound} is wanted"),
        }
    });
    let (code, text) = match (status, wanted) {
        (Status::Tracked, _) | (_, None) => ("MEASURE_TRACKED", format!("{words}: {shown}{interval}.")),
        (Status::Pass, Some(wanted)) => ("MEASURE_PASS", format!("{words}: {shown}{interval}; {wanted}.")),
        (Status::InsufficientData, Some(wanted)) => {
            let (n, needed) = (estimate.n.unwrap_or_default(), estimate.n_needed.unwrap_or_default());
            let cases = format!("{} of {} {} needed", phrase::count(n), phrase::count(needed), cases(id));
            ("MEASURE_INSUFFICIENT", format!("Not enough data: {cases}. {words}: {shown}{interval}; {wanted}."))
        }
        (Status::Fail, Some(wanted)) => ("MEASURE_FAIL", format!("Off target. {words}: {shown}{interval}; {wanted}.")),
        (_, Some(wanted)) => ("MEASURE_INCONCLUSIVE", format!("Too close to call. {words}: {shown}{interval}; {wanted}.")),
    };
    let sentence = Sentence::new(code, text).with("value", value);
    target.map_or(sentence.clone(), |target| sentence.with("target", target.value))
}

/// What the cases of `id` are.
fn cases(id: MeasureId) -> &'static str {
    match id {
        MeasureId::ErrorRate => "requests",
        MeasureId::Auc | MeasureId::CalibrationError => "leads with an outcome",
        MeasureId::Precision => "called leads with an outcome",
        MeasureId::Recall => "leads that bought",
        MeasureId::Coverage | MeasureId::Missing => "leads",
        MeasureId::DriftKs => "values",
        MeasureId::Satisfaction => "ratings",
        _ => "cases",
    }
}

/// `x` as a person reads it in the unit of `id`.
fn number(id: MeasureId, x: f64, currency: &str) -> String {
    let whole = |x: f64| phrase::count(x.round().max(0.0) as u64);
    match id {
        MeasureId::Auc | MeasureId::Precision | MeasureId::Recall | MeasureId::CalibrationError => format!("{x:.3}"),
        MeasureId::DriftKs => format!("{x:.2}"),
        MeasureId::P50Ms | MeasureId::P99Ms if x >= 10.0 => format!("{x:.0} ms"),
        MeasureId::P50Ms | MeasureId::P99Ms => format!("{x:.1} ms"),
        MeasureId::Freshness if x < 1.0 => format!("{:.0} min", 60.0 * x),
        MeasureId::Freshness => format!("{x:.1} h"),
        MeasureId::Throughput if x < 1.0 => format!("{} ({} an hour)", phrase::rounded(x, 2), whole(3_600.0 * x)),
        MeasureId::Throughput => format!("{x:.1}"),
        MeasureId::Satisfaction => format!("{x:.1} of 10"),
        MeasureId::DealSize => format!("{} {currency}", whole(x)).trim_end().to_owned(),
        MeasureId::ScoresPerDay => whole(x),
        _ => format!("{} %", percent(x)),
    }
}

/// A ratio in per cent, with as many digits as its size needs.
fn percent(x: f64) -> String {
    let x = 100.0 * x;
    if x.abs() < 1.0 { format!("{x:.2}") } else { format!("{x:.1}") }
}

impl Facts<'_> {
    /// The state in one sentence.
    pub(super) fn verdict(&self, measures: &[Measure]) -> Verdict {
        let failing: Vec<String> = measures.iter().filter(|m| m.status == Status::Fail).map(id_of).collect();
        let gates = || self.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Fail && verdict.waived.is_none());
        let is_held = self.state.rollout.as_ref().is_some_and(|rollout| rollout.is_held(self.now_ms));
        let mut because = failing.clone();
        because.extend(gates().map(|verdict| verdict.gate.id().to_owned()));
        let firing = self.alerts.0.iter().filter(|alert| alert.state == Phase::Firing && alert.severity > Severity::Info);
        for measure in firing.map(|alert| alert.rule.measure().to_owned()) {
            if !because.contains(&measure) {
                because.push(measure);
            }
        }
        let is_red = self.open().any(|incident| incident.severity == Severity::Red);
        let must_act = gates().next().is_some() || self.fires(Severity::Red) || is_red;
        let open = self.open().count();
        let status = match (must_act, failing.is_empty() && !self.fires(Severity::Yellow) && open == 0) {
            (true, _) => "act",
            (false, _) if is_held => "held",
            (false, false) => "attention",
            (false, true) => "fine",
        };
        let sentence = match self.state.stage() {
            Stage::Idle if open > 0 => {
                let incidents = count(open, "incident is", "incidents are");
                let text = format!("{} serves all leads; {incidents} open.", self.state.champion);
                Sentence::new("INCIDENTS_OPEN", text).with("incidents", open)
            }
            Stage::Idle if failing.is_empty() => {
                Sentence::new("ALL_WELL", format!("{} serves all leads; no measure is off target.", self.state.champion))
            }
            Stage::Idle => Sentence::new(
                "OFF_TARGET",
                format!(
                    "{} serves all leads; {} off target.",
                    self.state.champion,
                    count(failing.len(), "measure is", "measures are")
                ),
            ),
            stage => {
                let required = self.required();
                let passed = required.iter().filter(|verdict| verdict.outcome == Outcome::Pass).count();
                let waived =
                    required.iter().filter(|verdict| verdict.outcome != Outcome::Pass && verdict.waived.is_some()).count();
                let judged = match (required.len(), waived) {
                    (0, _) => "its gates are judged at the first look".to_owned(),
                    (of, 0) => format!("{passed} of {of} gates pass"),
                    (of, waived) => format!("{passed} of {of} gates pass, {}", count(waived, "is waived", "are waived")),
                };
                let (title, next) = (stage.title(), &self.next.text);
                // What comes next may begin with the stage: it is passed.
                let text = if next.starts_with(title) {
                    format!("{next} Today {judged}.")
                } else {
                    format!("{title} is under way: {judged}. {next}")
                };
                Sentence::new("ROLLOUT_UNDER_WAY", text).with("passed", passed).with("of", required.len())
            }
        };
        Verdict { status: status.to_owned(), sentence, because }
    }

    /// Who acts on the open incident with the most urgent deadline.
    fn incident_acts(&self) -> Sentence {
        let Some(incident) = self.open().next() else { return Sentence::default() };
        let (owner, due) = (alert::owner(self.policy, incident), phrase::clock(incident.due_ms, self.now_ms));
        let more = match self.open().count().saturating_sub(1) {
            0 => String::new(),
            more => format!(" {} open besides.", count(more, "incident is", "incidents are")),
        };
        let who = match &incident.taken_by {
            Some(by) => format!("{by} took it, until {due}"),
            None if self.now_ms >= incident.due_ms => format!("{owner} acts; it was due at {due}"),
            None => format!("{owner} acts, by {due}"),
        };
        let text = format!("{}: {}{more}", crate::rollout::words::capital(&who), incident.sentence.text);
        Sentence::new("INCIDENT_OPEN", text).with("due_ms", incident.due_ms).with("incident", incident.id.as_str())
    }

    /// The answers to a manager's questions.
    pub(super) fn answers(&self, measures: &[Measure], revenue: &Revenue) -> Answers {
        let at = |route: &str, sentence: Sentence| Question { status: None, sentence, route: route.to_owned() };
        let shares: Vec<String> = self
            .serving()
            .iter()
            .map(|serving| format!("{} serves {} % of leads", serving.version, (serving.share * 1e4).round() / 1e2))
            .collect();
        let stage = self.state.stage();
        let (status, may) = match stage {
            Stage::Idle => (None, Sentence::new("NO_ROLLOUT", "No rollout is under way.")),
            _ => (self.judged(), self.next.clone()),
        };
        // Approvals are asked for once nothing else is missing.
        let is_ready = self.missing.iter().all(|id| id.starts_with("approval:"));
        let roles: Vec<&str> = self.missing.iter().filter(|_| is_ready).filter_map(|id| id.strip_prefix("approval:")).collect();
        let is_held = self.missing.iter().any(|id| id == "resume");
        let off = measures.iter().find(|measure| measure.status == Status::Fail);
        let acts = match (roles.as_slice(), off) {
            _ if self.open().next().is_some() => self.incident_acts(),
            _ if is_held => Sentence::new("RESUME_NEEDED", "The rollout stands still until a person resumes it."),
            ([], None) => Sentence::new("NO_ONE", "No one has to act now."),
            ([], Some(measure)) => Sentence::new("LOOK_AT", format!("The ML lead. {}", measure.sentence.text)),
            (roles, _) => {
                let names: Vec<String> = roles.iter().map(|role| crate::rollout::words::role(role)).collect();
                let are = if names.len() == 1 { "is" } else { "are" };
                let text = format!("{} {are} asked to approve the next stage.", names.join(" and "));
                Sentence::new("APPROVAL_NEEDED", crate::rollout::words::capital(&text))
            }
        };
        let has_incident = self.open().next().is_some();
        Answers {
            what_changed: at("#/?changes", self.changed()),
            which_serves: at("#/models", Sentence::new("SERVING", format!("{}.", shares.join(", ")))),
            may_promote: Question { status, sentence: may, route: "#/rollout".to_owned() },
            who_acts: at(if has_incident || !(is_held || is_ready) { "#/alerts" } else { "#/rollout" }, acts),
            worth: at("#/goals", self.worth(revenue)),
        }
    }
}

impl Facts<'_> {
    /// What the gates say of the next stage; none where they pass and people have yet to agree.
    fn judged(&self) -> Option<Status> {
        if self.missing.is_empty() {
            return Some(Status::Pass);
        }
        let gates = self.missing.iter().filter(|id| *id != "resume" && !id.starts_with("approval:")).count();
        let worst = |outcome| self.verdicts.iter().any(|verdict| verdict.outcome == outcome && verdict.waived.is_none());
        match gates {
            0 => None,
            _ if worst(Outcome::Fail) => Some(Status::Fail),
            _ if worst(Outcome::InsufficientData) => Some(Status::InsufficientData),
            _ => Some(Status::Inconclusive),
        }
    }

    /// How much changed in the last week, and what changed last.
    fn changed(&self) -> Sentence {
        let changes = self.changes();
        let Some(newest) = changes.first() else { return Sentence::new("NOTHING_CHANGED", "Nothing has changed.") };
        let week = time_text(self.now_ms - 7 * DAY_MS);
        let fresh = changes.iter().filter(|change| change.at > week).count();
        let day = newest.at.get(..10).unwrap_or_default();
        let text = &newest.sentence.text;
        let on = parse_date(&newest.at).map_or_else(|| day.to_owned(), |ms| phrase::day(ms, self.now_ms));
        let said = match fresh {
            0 => Sentence::new("UNCHANGED", format!("Nothing in the last 7 days. The last change was on {on}: {text}")),
            1 => Sentence::new("CHANGED", format!("1 change in the last 7 days, on {on}: {text}")),
            n => Sentence::new("CHANGED", format!("{n} changes in the last 7 days. The newest, on {on}: {text}")),
        };
        said.with("changes", fresh).with("day", day)
    }

    /// What the newest challenger is worth, in one sentence.
    fn worth(&self, revenue: &Revenue) -> Sentence {
        let currency = &self.deployment.currency;
        let estimate = &revenue.estimate;
        match (estimate.value, estimate.low, estimate.high) {
            (Some(value), Some(low), Some(high)) => {
                let text = format!("{value:.0} {currency} more so far ({low:.0} to {high:.0}).");
                Sentence::new("WORTH", text).with("value", value).with("low", low).with("high", high)
            }
            _ => Sentence::new(&revenue.method.code, revenue.method.text.clone()),
        }
    }
}

fn id_of(measure: &Measure) -> String {
    serde_json::to_value(measure.id).ok().and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default()
}

fn count(n: usize, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_said_in_their_units() {
        let said =
            |id, estimate: Estimate, target: Option<Target>, status| measured(id, &estimate, target.as_ref(), status, "USD").text;
        let few = Estimate::of(Some(0.0)).from_cases(1_937).needing(3_700);
        let rare = said(MeasureId::ErrorRate, few, Some(Target::new("<", 0.001)), Status::InsufficientData);
        assert_eq!(
            rare,
            "Not enough data: 1,937 of 3,700 requests needed. Share of failed requests: 0.00 %; less than 0.10 % is wanted."
        );
        let tracked = |id, x| said(id, Estimate::of(Some(x)), None, Status::Tracked);
        assert_eq!(tracked(MeasureId::DealSize, 17_548.2), "Deal size: 17,548 USD.");
        assert_eq!(tracked(MeasureId::Throughput, 0.0031), "Requests a second: 0.0031 (11 an hour).");
        assert_eq!(tracked(MeasureId::Throughput, 12.34), "Requests a second: 12.3.");
        assert_eq!(tracked(MeasureId::ScoresPerDay, 3_571.0), "Leads scored a day: 3,571.");
        // As the dashboard's cards round them.
        assert_eq!(tracked(MeasureId::Precision, 0.79949), "Precision: 0.799.");
        assert_eq!(tracked(MeasureId::DriftKs, 0.0342), "Drift of the leads' data: 0.03.");
        assert_eq!(tracked(MeasureId::P99Ms, 12.34), "Response time of the slowest hundredth: 12 ms.");
        assert_eq!(tracked(MeasureId::Freshness, 0.9), "Age of the newest score: 54 min.");
    }
}
