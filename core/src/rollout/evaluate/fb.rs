//! `fb.sales`: what sales reports.

use super::Case;
use super::draft::Draft;
use crate::rollout::evidence::{Feedback, Votes};
use crate::rollout::{Comparator, Outcome, Severity, phrase};
use crate::stats::proportion::{Proportion, TwoProportions};

const LEAST_VOTES: u64 = 30;
/// The share of thumbs down may be so many times the champion's.
const MOST_TIMES: f64 = 1.25;

pub(super) fn judge(case: &Case<'_>) -> Draft {
    let Some(feedback) = &case.evidence.feedback else { return Draft::missing("what sales reports is not known") };
    let Feedback { odd_open, odd_confirmed, challenger, champion, .. } = *feedback;
    let enough = |votes: &Votes| votes.all() >= LEAST_VOTES;
    let shares = Proportion::new(challenger.down, challenger.all()).ok().zip(Proportion::new(champion.down, champion.all()).ok());
    let shares = shares.filter(|_| enough(&challenger) && enough(&champion));
    let ratio = shares.filter(|(_, one)| one.rate() > 0.0).map(|(two, one)| two.rate() / one.rate());
    let interval = shares.map(|(two, one)| TwoProportions::new(two, one).score_ratio(case.level()));
    let wording = match shares {
        Some((two, one)) => format!(
            "{} of {} thumbs were down, of today's model's {}",
            phrase::percent(two.rate()),
            phrase::count(challenger.all()),
            phrase::percent(one.rate())
        ),
        None => {
            format!(
                "{} so far, compared from {LEAST_VOTES} for each model on",
                phrase::counted(challenger.all(), "thumb", "thumbs")
            )
        }
    };
    let disliked = interval.is_some_and(|interval| interval.lower > MOST_TIMES);
    let reports = |n: u32| phrase::counted(u64::from(n), "report", "reports");
    let draft = if odd_confirmed > 0 {
        let were = if odd_confirmed == 1 { "was" } else { "were" };
        let text = format!("Sales found something odd: {} {were} confirmed; {wording}.", reports(odd_confirmed));
        Draft::new(Outcome::Fail, text).kind("FAIL_ODD")
    } else if disliked {
        let allowed = phrase::percent(MOST_TIMES - 1.0);
        Draft::new(Outcome::Fail, format!("Sales likes it less than today's model: {wording}; {allowed} more is allowed."))
    } else if odd_open > 0 {
        let (ask, list) = ("confirm or dismiss each", "`plumbline feedback list --open` lists them");
        let text = format!("To be looked at: {} of something odd ({list}); {ask}; {wording}.", reports(odd_open));
        Draft::new(Outcome::Inconclusive, text).severity(Severity::Yellow)
    } else {
        Draft::new(Outcome::Pass, format!("Sales reports nothing odd; {wording}."))
    };
    let draft = match ratio {
        Some(ratio) => draft.figure(ratio, "ratio", Comparator::AtMost, MOST_TIMES),
        None => draft,
    };
    let draft = match interval {
        Some(interval) => draft.interval(interval.lower, interval.upper, case.confidence()).method("Miettinen-Nurminen"),
        None => draft.method("reports"),
    };
    draft.n(challenger.all()).with("odd_open", odd_open).with("odd_confirmed", odd_confirmed)
}
