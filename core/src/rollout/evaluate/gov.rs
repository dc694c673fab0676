//! `gov.*`: days and incidents.

use super::Case;
use super::draft::Draft;
use crate::rollout::{Comparator, DAY_MS, Gate, Outcome, Stage, phrase};

pub(super) fn judge(gate: Gate, case: &Case<'_>) -> Draft {
    if gate == Gate::GovDays { days(case) } else { incidents(case) }
}

fn days(case: &Case<'_>) -> Draft {
    let stages = &case.policy.stage;
    let needed = match case.stage {
        Stage::Idle => 0,
        Stage::Shadow => stages.shadow.min_days,
        Stage::Canary => stages.canary.min_days,
        Stage::AbTest => stages.ab_test.min_days,
        Stage::Full => stages.full.watch_days,
    };
    let (found, stage) = (case.evidence.governance.days_logged, case.stage.title());
    let logged = phrase::counted(u64::from(found), "day", "days");
    let are = if needed == 1 { "is" } else { "are" };
    let draft = if found >= needed {
        Draft::new(Outcome::Pass, format!("{stage} has logged {logged}; {needed} {are} needed."))
    } else {
        let missing = needed - found;
        let ready_ms = case.now_ms.saturating_add(i64::from(missing) * DAY_MS);
        let on = phrase::day(ready_ms, case.now_ms);
        let text = format!("Not enough days: {stage} has logged {logged}, {needed} {are} needed; on {on} at the earliest.");
        let forecast = super::draft::Forecast { needed_n: Some(u64::from(needed)), ready_ms: Some(ready_ms) };
        Draft::new(Outcome::InsufficientData, text).needed(forecast)
    };
    draft.figure(f64::from(found), "days", Comparator::AtLeast, f64::from(needed)).n(u64::from(found))
}

fn incidents(case: &Case<'_>) -> Draft {
    let open = &case.evidence.governance.open_incidents;
    let n = open.len() as u64;
    let draft = match open.as_slice() {
        [] => Draft::new(Outcome::Pass, "No red incident since the start is open."),
        [one] => Draft::new(Outcome::Inconclusive, format!("A red incident is open: {one}. Close it with its cause.")),
        several => {
            let text = format!(
                "{} red incidents are open: {}. Close them with their causes.",
                phrase::count(n),
                phrase::listed(several)
            );
            Draft::new(Outcome::Inconclusive, text)
        }
    };
    draft.figure(n as f64, "count", Comparator::AtMost, 0.0).n(n)
}
