//! `ab.*`: the A/B test, from its analysis at a look.

use super::Case;
use super::draft::{Draft, Unit};
use super::limit::decided;
use super::ratio::{Better, Ratio};
use crate::experiment::{Comparison, Direction, GuardrailReport, SegmentReport};
use crate::rollout::evidence::Test;
use crate::rollout::policy::{Claim, HarmRule};
use crate::rollout::{Comparator, Evidence, Gate, Outcome, Policy, Severity, phrase};
use crate::sentence::Sentence;
use crate::stats::alternative::Alternative;
use crate::stats::group_sequential::{GroupSequential, Spending};
use crate::stats::level::{Interval, Level};
use crate::stats::proportion::{Proportion, TwoProportions};
use crate::stats::{srm, student};

const LEAST_FOR_THE_DRAW: u64 = 1_000;
const LEAST_DEALS: u64 = 100;
const LEAST_RATINGS: u64 = 30;
const LEAST_FOR_ATTENTION: u64 = 1_000;
const LEAST_OF_A_KIND: f64 = 20.0;
/// The challenger may call so many times as many leads hot as the champion.
const ATTENTION: (f64, f64) = (0.8, 1.25);
/// Days of new leads from one look to the next.
const LOOK_DAYS: u32 = 7;

pub(super) fn judge(gate: Gate, case: &Case<'_>) -> Draft {
    let test = case.evidence.test.as_ref();
    let Some((test, comparison)) = test.and_then(|test| Some((test, test.analysis.comparisons.first()?))) else {
        let days = u64::from(LOOK_DAYS + case.policy.outcome.mature_days);
        return Draft::missing(&format!(
            "the test has no look yet; the first is {} after its start",
            phrase::counted(days, "day", "days")
        ));
    };
    if gate == Gate::AbSampleRatio {
        return draw(case, test);
    }
    if test.analysis.sample_ratio.as_ref().is_some_and(srm::SampleRatio::is_mismatch) {
        let text = "Void: the test does not have the planned split, so its figures prove nothing.";
        return Draft::new(Outcome::Inconclusive, text).kind("VOID");
    }
    match gate {
        Gate::AbConversion => conversion(case, test, comparison),
        Gate::AbDealSize => deal_size(case, comparison),
        Gate::AbCycle => cycle(case, comparison),
        Gate::AbSatisfaction => satisfaction(case, test),
        Gate::AbAttention => attention(case, test),
        _ => segments(case, comparison),
    }
}

fn draw(case: &Case<'_>, test: &Test) -> Draft {
    let leads: Vec<u64> = test.analysis.arms.iter().map(|arm| arm.leads).collect();
    let n = leads.iter().fold(0u64, |sum, leads| sum.saturating_add(*leads));
    let Some(ratio) = test.analysis.sample_ratio.as_ref().filter(|_| n >= LEAST_FOR_THE_DRAW) else {
        let unit =
            Unit { has: ["lead is in the test", "leads are in the test"], more: "leads", per_day: case.evidence.pace.leads };
        return case.too_few(unit, n, LEAST_FOR_THE_DRAW);
    };
    let arms = ["leads with today's model", "with the new one"]
        .into_iter()
        .zip(&leads)
        .map(|(arm, leads)| format!("{} {arm}", phrase::count(*leads)));
    let planned: Vec<String> = ratio.expected.iter().map(|leads| phrase::count(leads.round() as u64)).collect();
    let (found, planned) = (phrase::listed(&arms.collect::<Vec<String>>()), phrase::listed(&planned));
    let p = if ratio.p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", phrase::rounded(ratio.p_value, 2)) };
    let outcome = decided(!ratio.is_mismatch(), ratio.is_mismatch());
    let text = if ratio.is_mismatch() {
        format!("The draw is broken: {found}, {planned} were planned ({p}). The results are void until its cause is found.")
    } else {
        format!("The draw is sound: {found}, as planned ({p}).")
    };
    Draft::new(outcome, text).figure(ratio.p_value, "p", Comparator::AtLeast, srm::THRESHOLD).n(n).method("chi-square")
}

fn number(n: u32) -> String {
    const WORDS: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(n as usize).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

fn looks(test: &Test) -> String {
    let looks = test.looks();
    format!("{} {} allowed for", number(looks), if looks == 1 { "look" } else { "looks" })
}

/// The change of conversion with its interval, as words for a sentence.
fn lift_in_words(value: f64, interval: &Interval, test: &Test) -> String {
    let moved = phrase::changed(1.0 + value, "fewer", "more");
    let bounded = interval.lower.is_finite() && interval.upper.is_finite();
    match bounded {
        true => {
            format!("{moved} leads bought ({}, {})", phrase::span(interval.lower, interval.upper, "fewer", "more"), looks(test))
        }
        false => format!("{moved} leads bought (nothing can be decided at this look yet)"),
    }
}

fn conversion(case: &Case<'_>, test: &Test, comparison: &Comparison) -> Draft {
    let rule = &case.policy.experiment.primary;
    let (control, treatment) = (&comparison.primary.control, &comparison.primary.treatment);
    let n = control.leads.min(treatment.leads);
    let unit = Unit {
        has: ["lead per arm has an outcome", "leads per arm have an outcome"],
        more: "leads per arm",
        per_day: case.evidence.pace.test_outcomes,
    };
    let least = u64::from(rule.least_per_arm);
    let Some(measured) = comparison.primary.outcome.measured() else {
        return if n < least { case.too_few(unit, n, least) } else { Draft::missing("conversion cannot be compared yet").n(n) };
    };
    let (value, interval) = (measured.effect.value, &measured.test.interval);
    let figures = lift_in_words(value, interval, test);
    let goal = phrase::percent(rule.lift);
    let days = test.look.saturating_mul(LOOK_DAYS);
    let early = case.policy.stage.ab_test.min_days;
    let draft = if interval.upper < 0.0 {
        Draft::new(Outcome::Fail, format!("Fewer leads buy: {figures}.")).kind("DECLINE")
    } else if n < least {
        case.too_few(unit, n, least)
    } else if rule.claim == Claim::Better && interval.lower <= 0.0 && interval.upper < rule.lift {
        Draft::new(Outcome::Fail, format!("No lift: {figures}; {goal} more is excluded.")).kind("NO_LIFT")
    } else if !passes(rule.claim, rule.lift, value, interval) {
        let next = if test.is_last() { "this was the last planned look".to_owned() } else { next_look(test) };
        let wanted = match rule.claim {
            Claim::Better if interval.lower > 0.0 => format!("{goal} more is needed"),
            Claim::Better => format!("{goal} more is needed, and no change must be ruled out"),
            Claim::NoWorse => format!("{goal} fewer must be excluded"),
        };
        Draft::new(Outcome::Inconclusive, format!("Too close to call: {figures}; {wanted}; {next}."))
    } else if days < early {
        let (found, needed) = (phrase::counted(u64::from(days), "day", "days"), early);
        let text = format!("Not enough days: {figures} after {found} of new leads, {needed} are needed; {}.", next_look(test));
        Draft::new(Outcome::InsufficientData, text).kind("TOO_EARLY")
    } else if rule.claim == Claim::NoWorse {
        Draft::new(Outcome::Pass, format!("Not worse: {figures}; {goal} fewer is excluded.")).kind("NOT_WORSE")
    } else {
        Draft::new(Outcome::Pass, format!("More leads buy: {figures}; {goal} more is needed."))
    };
    let (comparator, line) = match rule.claim {
        Claim::Better => (Comparator::AtLeast, rule.lift),
        Claim::NoWorse => (Comparator::Above, -rule.lift),
    };
    let draft = draft.figure(value, "ratio", comparator, line).n(n).interval(interval.lower, interval.upper, 1.0 - rule.alpha);
    let draft = draft.method("group sequential, O'Brien-Fleming").with("look", test.look).with("looks", test.looks());
    let draft = match (control.mean, treatment.mean) {
        (Some(a), Some(b)) => draft.baseline(a).with("challenger", b),
        _ => draft,
    };
    match chi_square(comparison) {
        Some(p) => draft.with("chi_square_p", p),
        None => draft,
    }
}

fn passes(claim: Claim, lift: f64, value: f64, interval: &Interval) -> bool {
    match claim {
        Claim::Better => interval.lower > 0.0 && value >= lift,
        Claim::NoWorse => interval.lower > -lift,
    }
}

fn next_look(test: &Test) -> String {
    format!("the next look is number {} of {}", test.look.saturating_add(1), test.looks())
}

/// The p-value of the 2×2 table: shown, decides nothing.
fn chi_square(comparison: &Comparison) -> Option<f64> {
    let arm = |figure: &crate::experiment::Figure| {
        Proportion::new((figure.mean? * figure.leads as f64).round() as u64, figure.leads).ok()
    };
    let (one, two) = (arm(&comparison.primary.control)?, arm(&comparison.primary.treatment)?);
    Some(TwoProportions::new(two, one).z_test(Alternative::TwoSided).ok()?.p_value)
}

fn guardrail<'a>(comparison: &'a Comparison, name: &str) -> Option<&'a GuardrailReport> {
    comparison.guardrails.iter().find(|guardrail| guardrail.metric.name == name)
}

/// How fast deals come is not known: no date is promised.
const DEALS: Unit = Unit { has: ["deal per arm is known", "deals per arm are known"], more: "deals per arm", per_day: 0.0 };

/// A guardrail by the rule "no worse by d", at the bounds of the look.
fn guarded(case: &Case<'_>, ratio: Ratio, wording: Guarded, n: u64) -> Draft {
    let Guarded { subject: [subject, about], moved: [verb, moved, noun], figures, change } = wording;
    let (by, twice) = (phrase::percent(ratio.by), phrase::percent(2.0 * ratio.by));
    let (low, high) = (ratio.low - 1.0, ratio.high - 1.0);
    let bounded = low.is_finite() && high.is_finite();
    let spanned = if bounded { format!(" ({})", phrase::span(low, high, change[0], change[1])) } else { String::new() };
    let figures = format!("{figures}, {}{spanned}", phrase::changed(ratio.value, change[0], change[1]));
    let text = match ratio.outcome() {
        Outcome::Pass => format!("{subject} did not {verb} by {by}: {figures}. A {noun} of {twice} is excluded."),
        Outcome::Fail => format!("{subject} {moved} by more than {by}: {figures}."),
        _ => {
            let is_beyond = match ratio.better {
                Better::More => ratio.value <= ratio.line(),
                Better::Less => ratio.value >= ratio.line(),
            };
            let (part, doubt) = if is_beyond { (by, "neither shown nor excluded") } else { (twice, "not excluded yet") };
            format!("Too close to call: {about} {figures}; a {noun} of {part} is {doubt}.")
        }
    };
    let draft = Draft::new(ratio.outcome(), text).figure(ratio.value, "ratio", ratio.comparator(), ratio.line()).n(n);
    draft.interval(ratio.low, ratio.high, 1.0 - case.policy.experiment.primary.alpha).method("one-sided bound of the look")
}

/// The words of a guardrail.
struct Guarded {
    /// Its name at the beginning of a sentence and within one.
    subject: [&'static str; 2],
    /// The verb, its past and the noun: `fall`, `fell`, `fall`.
    moved: [&'static str; 3],
    figures: String,
    /// `less`, `more`.
    change: [&'static str; 2],
}

fn deal_size(case: &Case<'_>, comparison: &Comparison) -> Draft {
    let Some(report) = guardrail(comparison, Test::DEAL_SIZE) else { return Draft::missing("deal values are not measured") };
    let (control, treatment) = (&report.metric.control, &report.metric.treatment);
    let n = control.leads.min(treatment.leads);
    if n < LEAST_DEALS {
        return case.too_few(DEALS, n, LEAST_DEALS);
    }
    let (Some(measured), Some(a), Some(b)) = (report.metric.outcome.measured(), control.mean, treatment.mean) else {
        return Draft::missing("deal values cannot be compared").n(n);
    };
    let interval = report.interval.unwrap_or(Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY });
    let by = case.policy.experiment.guardrails.deal_size_margin;
    let (value, low, high) = (1.0 + measured.effect.value, 1.0 + interval.lower, 1.0 + interval.upper);
    let ratio = Ratio { value, low, high, better: Better::More, by };
    let unit = &case.policy.outcome.value_unit;
    let figures = format!("{} against {} {unit}", phrase::rounded(b, 4), phrase::rounded(a, 4));
    let wording =
        Guarded { subject: ["Deal size", "deal size"], moved: ["fall", "fell", "fall"], figures, change: ["less", "more"] };
    guarded(case, ratio, wording, n).baseline(a).with("challenger", b)
}

fn cycle(case: &Case<'_>, comparison: &Comparison) -> Draft {
    let Some(report) = &comparison.cycle else { return Draft::missing("the days of deals are not measured") };
    let [(one, _), (two, _)] = report.deals;
    let n = one.min(two);
    if n < LEAST_DEALS {
        return case.too_few(DEALS, n, LEAST_DEALS);
    }
    let [a, b] = report.mean_days;
    let Some(interval) = report.interval.filter(|_| a > 0.0) else {
        return Draft::new(Outcome::InsufficientData, format!("Not enough data: {}", report.sentence)).kind("UNKNOWN").n(n);
    };
    let by = case.policy.experiment.guardrails.cycle_margin;
    let ratio = Ratio {
        value: 1.0 + report.difference / a,
        low: 1.0 + interval.lower / a,
        high: 1.0 + interval.upper / a,
        better: Better::Less,
        by,
    };
    let figures = format!("{} against {} days", phrase::rounded(b, 3), phrase::rounded(a, 3));
    let wording = Guarded {
        subject: ["Sales cycle", "sales cycle"],
        moved: ["grow", "grew", "growth"],
        figures,
        change: ["shorter", "longer"],
    };
    guarded(case, ratio, wording, n).baseline(a).with("challenger", b)
}

fn satisfaction(case: &Case<'_>, test: &Test) -> Draft {
    let rule = &case.policy.experiment.guardrails;
    let Some(feedback) = &case.evidence.feedback else { return Draft::missing("what sales reports is not known") };
    let ratings = feedback.ratings.moments();
    let (n, mean) = (ratings.count, ratings.mean);
    let unit = Unit { has: ["rating was given", "ratings were given"], more: "ratings", per_day: case.evidence.pace.votes };
    let Some(variance) = ratings.variance().filter(|_| n >= LEAST_RATINGS) else { return case.too_few(unit, n, LEAST_RATINGS) };
    let reach = look_bound(case, test, n as f64 - 1.0) * (variance / n as f64).sqrt();
    let (low, high) = (mean - reach, mean + reach);
    let (least, least_low) = (rule.satisfaction_min, rule.satisfaction_min - rule.satisfaction_slack);
    let outcome = decided(mean >= least && low >= least_low, high < least);
    let forecast =
        if mean >= least { case.growing(unit, n, reach, mean - least_low) } else { case.growing(unit, n, reach, least - mean) };
    let shown = |x: f64| phrase::rounded(x, 2);
    let found = format!("{} of 10 from {}", shown(mean), phrase::counted(n, "rating", "ratings"));
    let spanned = if reach.is_finite() { format!(" ({} to {})", shown(low), shown(high)) } else { String::new() };
    let needed = shown(least);
    let text = match outcome {
        Outcome::Pass => format!("Sales is satisfied: {found}{spanned}; {needed} is needed."),
        Outcome::Fail => format!("Sales is not satisfied: {found}{spanned}; {needed} is needed."),
        _ => format!("Too close to call: {found}{spanned}, {needed} is needed; {}", case.more(unit, n, forecast)),
    };
    let draft = Draft::new(outcome, text).figure(mean, "rating", Comparator::AtLeast, least).n(n);
    let draft = draft.interval(low, high, 1.0 - case.policy.experiment.primary.alpha).method("one-sided bound of the look");
    if outcome == Outcome::Inconclusive { draft.needed(forecast) } else { draft }
}

/// The standard errors of a one-sided bound at this look, with so many degrees of freedom; infinite while no α may be spent.
fn look_bound(case: &Case<'_>, test: &Test, freedom: f64) -> f64 {
    let alpha = case.policy.experiment.primary.alpha;
    let level = Level::new((2.0 * alpha).min(0.5));
    let design = level.and_then(|level| GroupSequential::new(Spending::OBrienFleming, level, &test.information));
    let look = usize::try_from(test.look).unwrap_or(usize::MAX).checked_sub(1);
    let found = design.ok().zip(look).and_then(|(design, look)| design.looks.get(look).copied());
    found.map_or(f64::INFINITY, |look| {
        if look.nominal_p > 0.0 { student::upper_quantile(look.nominal_p / 2.0, freedom) } else { f64::INFINITY }
    })
}

fn attention(case: &Case<'_>, test: &Test) -> Draft {
    let Some(found) = test.attention else { return Draft::missing("how many leads each model calls hot is not known") };
    let n = found.champion_leads.min(found.challenger_leads);
    if n < LEAST_FOR_ATTENTION {
        let per_day = case.evidence.pace.leads / 2.0;
        let unit = Unit { has: ["lead per arm came", "leads per arm came"], more: "leads per arm", per_day };
        return case.too_few(unit, n, LEAST_FOR_ATTENTION);
    }
    let share = |hot: u64, leads: u64| hot as f64 / leads as f64;
    let (one, two) = (share(found.champion_hot, found.champion_leads), share(found.challenger_hot, found.challenger_leads));
    if one <= 0.0 {
        return Draft::missing("today's model calls no lead hot").n(n);
    }
    let ratio = two / one;
    let (of_two, of_one, change) = (phrase::percent(two), phrase::percent(one), phrase::changed(ratio, "fewer", "more"));
    let (low, high) = ATTENTION;
    let inside = (low..=high).contains(&ratio);
    let text = if inside {
        format!("Attention is shared fairly: it calls {of_two} of leads hot, today's model {of_one}.")
    } else if ratio > high {
        format!(
            "To be looked at: it calls {change} leads hot than today's model ({of_two} against {of_one}). A part of its lift may be \
             taken from the leads of the other half."
        )
    } else {
        format!(
            "To be looked at: it calls {change} leads hot than today's model ({of_two} against {of_one}). Sales may work fewer of its \
             leads."
        )
    };
    let (line, comparator) = if ratio < 1.0 { (low, Comparator::AtLeast) } else { (high, Comparator::AtMost) };
    let draft = Draft::new(decided(inside, false), text).figure(ratio, "ratio", comparator, line).n(n).method("value");
    let draft = draft.baseline(one).with("challenger", two);
    if inside { draft } else { draft.severity(Severity::Yellow) }
}

/// Whether a segment has enough leads that bought and that did not.
fn is_judged(segment: &SegmentReport) -> bool {
    let [bought, all] = [&segment.control, &segment.treatment].iter().fold([0.0, 0.0], |[bought, all], figure| {
        let leads = figure.leads as f64;
        [bought + figure.mean.unwrap_or_default() * leads, all + leads]
    });
    bought >= LEAST_OF_A_KIND && all - bought >= LEAST_OF_A_KIND
}

fn key(segment: &SegmentReport) -> String {
    format!("{}={}", segment.segment, segment.value)
}

fn worse(comparison: &Comparison) -> impl Iterator<Item = &SegmentReport> {
    comparison.segments.iter().filter(|segment| segment.direction == Direction::Worse && is_judged(segment))
}

/// Segments of the test in which fewer leads buy than with today's model, as `field=value`, whether or not a person accepted them.
pub fn worse_segments(evidence: &Evidence) -> Vec<String> {
    let comparison = evidence.test.as_ref().and_then(|test| test.analysis.comparisons.first());
    comparison.map_or_else(Vec::new, |comparison| worse(comparison).map(key).collect())
}

fn segments(case: &Case<'_>, comparison: &Comparison) -> Draft {
    let rule = &case.policy.experiment.segments;
    if rule.fields.is_empty() {
        return Draft::new(Outcome::Pass, "No segments are compared: the policy names none.").kind("NONE");
    }
    let judged = comparison.segments.iter().filter(|segment| is_judged(segment)).count() as u64;
    if judged == 0 {
        let what = "no segment has 20 leads that bought and 20 that did not";
        return Draft::missing(what);
    }
    let accepted = &case.evidence.governance.accepted_segments;
    let found: Vec<&SegmentReport> = worse(comparison).filter(|segment| !accepted.contains(&key(segment))).collect();
    let moved = |segment: &SegmentReport| {
        let moved = segment.outcome.measured().map(|m| phrase::changed(1.0 + m.effect.value, "fewer", "more"));
        moved.unwrap_or_else(|| "fewer".to_owned())
    };
    let wording = match found.as_slice() {
        [one] => format!("{}: {} bought there", one.value, moved(one)),
        several => {
            let wording: Vec<String> =
                several.iter().map(|segment| format!("{} ({} bought)", segment.value, moved(segment))).collect();
            phrase::listed(&wording)
        }
    };
    let is_better = comparison.primary.outcome.measured().is_some_and(|measured| measured.effect.value > 0.0);
    let worse_for = if is_better { "Better on the whole, worse for leads from" } else { "Worse for leads from" };
    let keys: Vec<String> = found.iter().map(|segment| key(segment)).collect();
    let all = phrase::counted(judged, "segment", "segments");
    let draft = match (found.is_empty(), rule.harm) {
        (true, _) if accepted.is_empty() => Draft::new(Outcome::Pass, format!("None of {all} is worse off.")),
        (true, _) => Draft::new(Outcome::Pass, format!("None of {all} is worse off, apart from those a person accepted."))
            .kind("PASS_ACCEPTED"),
        (false, HarmRule::Report) => Draft::new(Outcome::Pass, format!("{worse_for} {wording}. The policy only reports it."))
            .kind("REPORTED")
            .severity(Severity::Yellow),
        (false, HarmRule::Hold) => {
            let text = format!("{worse_for} {wording}. On hold: a person with the scope approve has to resume.");
            Draft::new(Outcome::Inconclusive, text).kind("WORSE").severity(Severity::Yellow)
        }
    };
    let draft = draft.figure(found.len() as f64, "count", Comparator::AtMost, 0.0).n(judged).method("Holm");
    draft.with("segments", keys)
}

/// The test in one sentence, for the moment it ends: won, harm, no lift, or no proof by the planned end. None before its first look, and
/// at a look that neither proves anything nor is the last.
pub fn summary(policy: &Policy, evidence: &Evidence) -> Option<Sentence> {
    let test = evidence.test.as_ref()?;
    let comparison = test.analysis.comparisons.first()?;
    let measured = comparison.primary.outcome.measured()?;
    let (value, interval) = (measured.effect.value, &measured.test.interval);
    let rule = &policy.experiment.primary;
    let figures = lift_in_words(value, interval, test);
    let n = comparison.primary.control.leads.min(comparison.primary.treatment.leads);
    let is_enough = n >= u64::from(rule.least_per_arm);
    let is_long = test.look.saturating_mul(LOOK_DAYS) >= policy.stage.ab_test.min_days;
    let back = "Today's model serves all leads again.";
    let (code, text) = if interval.upper < 0.0 {
        ("TEST_HARM", format!("The test found harm: {figures}. {back}"))
    } else if is_enough && is_long && passes(rule.claim, rule.lift, value, interval) {
        let claim = if rule.claim == Claim::Better { "The test is won" } else { "The test found it not worse" };
        ("TEST_WON", format!("{claim}: {figures}."))
    } else if is_enough && rule.claim == Claim::Better && interval.lower <= 0.0 && interval.upper < rule.lift {
        ("TEST_NO_LIFT", format!("No lift: {figures}; {} more is excluded. {back}", phrase::percent(rule.lift)))
    } else if !test.is_last() {
        return None;
    } else {
        let weeks = test.planned_days / 7;
        let planned = format!("{} {}", number(weeks), if weeks == 1 { "week" } else { "weeks" });
        let moved = phrase::changed(1.0 + value, "fewer", "more");
        let bounded = interval.lower.is_finite() && interval.upper.is_finite();
        let spanned =
            if bounded { format!(" ({})", phrase::span(interval.lower, interval.upper, "fewer", "more")) } else { String::new() };
        ("TEST_NO_PROOF", format!("Ended without proof: {moved} leads bought{spanned} after the planned {planned}. {back}"))
    };
    let sentence = Sentence::new(code, text).with("value", value).with("look", test.look).with("looks", test.looks());
    Some(sentence.with("low", interval.lower).with("high", interval.upper))
}
