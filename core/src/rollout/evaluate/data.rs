//! `data.*`: whether leads still look like the training data, and are scored.

use super::Case;
use super::draft::{Draft, Unit};
use super::limit::{Exactness, Share, decided};
use crate::drift::Rate;
use crate::rollout::evidence::{FeatureFigures, Figures};
use crate::rollout::{Comparator, DAY_MS, Gate, Outcome, Severity, phrase};

const LEAST_FOR_DRIFT: u64 = 500;
const LEAST_FOR_A_SHARE: u64 = 400;
pub(super) const LEAST_FOR_COVERAGE: u64 = 100;
/// Fields that a sentence names.
const NAMES: usize = 5;
/// A suite runs once a day: what it found counts for so long, in milliseconds.
const SUITE_MS: i64 = 2 * DAY_MS;

pub(super) fn judge(gate: Gate, case: &Case<'_>) -> Draft {
    match gate {
        Gate::DataDrift => case.of_both(drift),
        Gate::DataMissing => case.of_both(missing),
        Gate::DataCategories => case.of_both(categories),
        Gate::DataSuite => suite(case),
        _ => case.of_both(coverage),
    }
}

/// The fields with values of at least so many leads, or why they cannot be judged.
fn fields<'a>(case: &Case<'_>, figures: &'a Figures, least: u64) -> Result<&'a [FeatureFigures], Box<Draft>> {
    let Some(fields) = &figures.features else {
        let version = &figures.version;
        let what = format!("model {version} has no baseline to compare leads with; `plumbline baseline` adds one");
        return Err(Box::new(Draft::missing(&what).kind("NO_BASELINE")));
    };
    let n = leads(fields);
    if n < least { Err(Box::new(case.too_few(case.leads(), n, least))) } else { Ok(fields) }
}

fn leads(fields: &[FeatureFigures]) -> u64 {
    fields.iter().map(|field| field.values).max().unwrap_or_default()
}

fn drift(case: &Case<'_>, figures: &Figures) -> Draft {
    let rule = &case.policy.gates.data;
    let fields = match fields(case, figures, LEAST_FOR_DRIFT) {
        Ok(fields) => fields,
        Err(missing) => return *missing,
    };
    let mut distances: Vec<(&str, f64, bool)> = fields
        .iter()
        .filter_map(|field| {
            let distance = field.distance?;
            let drifted = distance.at_least > rule.ks && distance.p_value.is_some_and(|p| p < rule.ks_p);
            Some((field.name.as_str(), distance.at_least, drifted))
        })
        .collect();
    distances.sort_by(|a, b| b.2.cmp(&a.2).then(b.1.total_cmp(&a.1)));
    let drifted: Vec<&(&str, f64, bool)> = distances.iter().filter(|(_, _, drifted)| *drifted).collect();
    let (count, allowed) = (drifted.len() as u64, u64::from(rule.features_allowed));
    let outcome = decided(count == 0, count > allowed);
    let shown = |(name, distance, _): &(&str, f64, bool)| format!("{name} {}", phrase::rounded(*distance, 2));
    let named: Vec<String> = drifted.iter().take(NAMES).map(|field| shown(field)).collect();
    let rest = drifted.len().saturating_sub(NAMES);
    let named = match rest {
        0 => phrase::listed(&named),
        rest => format!("{} and {rest} more", named.join(", ")),
    };
    let (all, limit) = (phrase::counted(fields.len() as u64, "field", "fields"), phrase::rounded(rule.ks, 2));
    let text = match (outcome, distances.first()) {
        (Outcome::Pass, Some(most)) => {
            format!("Leads look like the training data: none of {all} drifted by more than {limit}; the most is {}.", shown(most))
        }
        (Outcome::Pass, None) => format!("Leads look like the training data: none of {all} has values to compare."),
        (Outcome::Fail, _) => {
            format!(
                "Leads have changed: {} of {all} drifted by more than {limit} ({named}); {allowed} are allowed.",
                phrase::count(count)
            )
        }
        _ => format!(
            "To be looked at: {} of {all} drifted by more than {limit} ({named}). More than {allowed} would fail; find the cause or \
             waive the gate.",
            phrase::count(count)
        ),
    };
    let names: Vec<&str> = drifted.iter().map(|(name, _, _)| *name).collect();
    let draft = Draft::new(outcome, text).figure(count as f64, "count", Comparator::AtMost, 0.0).n(leads(fields));
    let draft = draft.method("Kolmogorov-Smirnov, total variation").with("fields", names).with("allowed", allowed);
    if outcome == Outcome::Inconclusive { draft.severity(Severity::Yellow) } else { draft }
}

/// One field's judgement, to find the worst.
struct Worst<'a> {
    name: &'a str,
    outcome: Outcome,
    share: Share,
    /// By how much the share of missing values rose; of new categories, their share.
    size: f64,
}

/// A failure before an open case before a pass, and of those the largest.
fn worst<'a>(found: impl Iterator<Item = Worst<'a>>) -> Option<Worst<'a>> {
    let rank = |outcome: Outcome| match outcome {
        Outcome::Fail => 2,
        Outcome::Pass => 0,
        _ => 1,
    };
    found.max_by(|a, b| rank(a.outcome).cmp(&rank(b.outcome)).then(a.size.total_cmp(&b.size)))
}

fn missing(case: &Case<'_>, figures: &Figures) -> Draft {
    let rule = &case.policy.gates.data;
    let fields = match fields(case, figures, LEAST_FOR_A_SHARE) {
        Ok(fields) => fields,
        Err(missing) => return *missing,
    };
    let most = rule.max_missing;
    let found = worst(fields.iter().filter_map(|field| {
        let share = Share::new(field.missing, field.values, Exactness::Wilson, case)?;
        let before = field.reference_missing as f64 / field.reference_values.max(1) as f64;
        let rise = share.value - before;
        // The exact chance is worked out only where it decides.
        let is_rare = || {
            let rate = Rate::new(field.reference_missing, field.reference_values, field.missing, field.values);
            rate.is_some_and(|rate| rate.p_value < rule.ks_p)
        };
        let outcome = decided(share.high < most || rise <= most, share.low >= most && rise > most && is_rare());
        Some(Worst { name: &field.name, outcome, share, size: rise })
    }));
    let Some(Worst { name, outcome, share, size: rise }) = found else {
        return Draft::missing("no field of the leads has values");
    };
    let unit = case.leads();
    let forecast = case.growing(unit, share.n, share.value - share.low, share.value - most);
    let (now, before, allowed) =
        (phrase::percent(share.value), phrase::percent((share.value - rise).max(0.0)), phrase::percent(most));
    let change = format!("{name} is missing in {now} of leads, in training {before}");
    let text = match outcome {
        Outcome::Pass if rise <= 0.0 => "Leads are as complete as in training: no field is missing more often.".to_owned(),
        Outcome::Pass => format!("Leads are complete: at worst {change}; a rise of {allowed} is allowed."),
        Outcome::Fail => format!("Values are missing: {change}; a rise of {allowed} is allowed."),
        _ => format!("Too close to call: {change}, a rise of {allowed} is allowed; {}", case.more(unit, share.n, forecast)),
    };
    let draft = Draft::new(outcome, text).figure(share.value, "share", Comparator::Below, most).n(share.n);
    let draft = draft.interval(share.low, share.high, case.confidence()).method("Wilson, hypergeometric");
    let draft = draft.with("field", name).with("rise", rise);
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

fn categories(case: &Case<'_>, figures: &Figures) -> Draft {
    let most = case.policy.gates.data.max_new_categories;
    let fields = match fields(case, figures, LEAST_FOR_A_SHARE) {
        Ok(fields) => fields,
        Err(missing) => return *missing,
    };
    let found = worst(fields.iter().filter_map(|field| {
        let new = field.new_categories?;
        let share = Share::new(new, field.values.saturating_sub(field.missing), Exactness::Wilson, case)?;
        // 0 is the letter of the checklist: one value that training did not have fails.
        let outcome = if most <= 0.0 { decided(new == 0, new > 0) } else { decided(share.high < most, share.low >= most) };
        Some(Worst { name: &field.name, outcome, share, size: share.value })
    }));
    let Some(Worst { name, outcome, share, .. }) = found else {
        return Draft::new(Outcome::Pass, "No field has categories, so none can be new.").kind("NONE").n(leads(fields));
    };
    let unit = Unit { has: ["value came", "values came"], more: "leads", per_day: case.leads().per_day };
    let forecast = share.forecast(case, unit, most);
    let (now, allowed) = (phrase::percent(share.value), phrase::percent(most));
    let found = format!("{now} of the values of {name} did not occur in training");
    let text = match outcome {
        Outcome::Pass if share.value == 0.0 => "No new categories: every value occurred in training.".to_owned(),
        Outcome::Pass => format!("Few new categories: at worst {found}; {allowed} is allowed."),
        Outcome::Fail => format!("New categories: {found}; {allowed} is allowed."),
        _ => format!("Too close to call: {found}, {allowed} is allowed; {}", case.more(unit, share.n, forecast)),
    };
    let draft = Draft::new(outcome, text).figure(share.value, "share", Comparator::Below, most).n(share.n);
    let draft = draft.interval(share.low, share.high, case.confidence()).method("Wilson").with("field", name);
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

fn suite(case: &Case<'_>) -> Draft {
    let Some(suite) = &case.evidence.suite else {
        return Draft::missing("the new model's bundle has no expectation suite (plumbline baseline makes one)");
    };
    if suite.leads == 0 {
        return Draft::missing("no lead of the last seven days was stored with its fields");
    }
    if case.now_ms - suite.at_ms > SUITE_MS {
        let day = phrase::day(suite.at_ms, case.now_ms);
        return Draft::missing(&format!("the expectation suite was last run on {day}, and log shards did not answer since"));
    }
    let (missed, leads, name) = (suite.critical_missed, phrase::counted(suite.leads, "lead", "leads"), &suite.name);
    let outcome = decided(missed == 0, missed > 0);
    let mut named: Vec<String> =
        suite.missed.iter().filter(|missed| missed.is_critical).take(NAMES).map(|missed| missed.text()).collect();
    let text = match (suite.critical, missed) {
        (0, _) => format!("Suite {name} has no critical expectation that leads could miss."),
        (all, 0) => {
            let all = phrase::count(all);
            format!("Leads are as expected: every critical expectation of suite {name} ({all}) holds for the newest {leads}.")
        }
        (all, _) => {
            let more = missed.saturating_sub(named.len() as u64);
            if more > 0 {
                named.push(format!("{} more", phrase::count(more)));
            }
            let (all, fails) = (
                phrase::counted(all, "critical expectation", "critical expectations"),
                if missed == 1 { "fails" } else { "fail" },
            );
            format!(
                "Leads are not as expected: {} of {all} of suite {name} {fails} for the newest {leads} ({}).",
                phrase::count(missed),
                named.join("; ")
            )
        }
    };
    let draft = Draft::new(outcome, text).figure(missed as f64, "count", Comparator::AtMost, 0.0).n(suite.leads);
    draft.method("expectation suite").with("missed", named)
}

fn coverage(case: &Case<'_>, figures: &Figures) -> Draft {
    let least = case.policy.gates.data.min_coverage;
    let Some(traffic) = &figures.recent else { return Draft::missing("no traffic of the last seven days is known") };
    let (n, unit) = (traffic.leads, case.leads());
    let Some(share) = Share::new(traffic.scored, n, Exactness::Wilson, case).filter(|_| n >= LEAST_FOR_COVERAGE) else {
        return case.too_few(unit, n, LEAST_FOR_COVERAGE);
    };
    let (outcome, forecast) = (share.above(least), share.forecast(case, unit, least));
    let (found, all) = (phrase::percent(share.value), phrase::counted(n, "lead", "leads"));
    let (span, needed) = (phrase::percents(share.low, share.high), phrase::percent(least));
    let text = match outcome {
        Outcome::Pass => format!("Scores nearly every lead: {found} of {all}; {needed} is needed."),
        Outcome::Fail => format!("Too many leads without a score: it scored {found} of {all} ({span}); {needed} is needed."),
        _ => format!(
            "Too close to call: it scored {found} of {all} ({span}), {needed} is needed; {}",
            case.more(unit, n, forecast)
        ),
    };
    let draft = Draft::new(outcome, text).figure(share.value, "share", Comparator::Above, least).n(n).method("Wilson");
    let draft = draft.interval(share.low, share.high, case.confidence());
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}
