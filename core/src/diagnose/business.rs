//! D1.5: whether other leads come than before, and whether that explains how they convert.

use super::{Facts, Finding, Mix};
use crate::rollout::Policy;
use crate::rollout::phrase;
use crate::stats::contingency::Table;
use crate::stats::level::Level;
use crate::stats::proportion::{Proportion, TwoProportions};
use crate::window::HOUR_MS;

const ID: &str = "D1.5";
/// The chance below which a mix counts as changed.
const CHANCE: f64 = 0.001;
/// A share that moved by less is of no account, however sure.
const MOVED: f64 = 0.05;
const LEAST: u64 = 200;
/// A note of a change is worth naming for so long.
const NOTED_MS: i64 = 14 * 24 * HOUR_MS;

/// One segment's values, then and now.
struct Segment<'a> {
    field: &'a str,
    values: Vec<&'a Mix>,
    p_value: f64,
}

impl Segment<'_> {
    fn total(&self, of: fn(&Mix) -> u64) -> u64 {
        self.values.iter().map(|mix| of(mix)).sum()
    }

    /// The value whose share moved most: its share before, and now.
    fn most_moved(&self) -> Option<(&str, f64, f64)> {
        let (week, before) = (self.total(|mix| mix.week[0]) as f64, self.total(|mix| mix.before[0]) as f64);
        let shares = self.values.iter().map(|mix| (mix.value.as_str(), mix.before[0] as f64 / before, mix.week[0] as f64 / week));
        shares.max_by(|a, b| (a.2 - a.1).abs().total_cmp(&(b.2 - b.1).abs()))
    }

    /// The conversion of today's leads if their mix were the old one; values that did not come are left out.
    fn at_old_mix(&self) -> Option<f64> {
        let seen = || self.values.iter().filter(|mix| mix.week[0] > 0 && mix.before[0] > 0);
        let weight: u64 = seen().map(|mix| mix.before[0]).sum();
        let rate = |mix: &&Mix| mix.before[0] as f64 * mix.week[1] as f64 / mix.week[0] as f64;
        (weight > 0).then(|| seen().map(rate).sum::<f64>() / weight as f64)
    }
}

pub(super) fn find(policy: &Policy, facts: &Facts) -> Finding {
    let mut segments: Vec<Segment<'_>> = Vec::new();
    for mix in &facts.segments {
        match segments.iter_mut().find(|segment| segment.field == mix.field) {
            Some(segment) => segment.values.push(mix),
            None => segments.push(Segment { field: &mix.field, values: vec![mix], p_value: 1.0 }),
        }
    }
    segments.retain(|segment| segment.total(|mix| mix.week[0]) >= LEAST && segment.total(|mix| mix.before[0]) >= LEAST);
    if segments.is_empty() {
        let fields = policy.experiment.segments.fields.join(", ");
        let text = format!("Too few leads with an outcome by segment ({fields}) to compare the mix with before.");
        return Finding::unknown(ID, "NO_SEGMENTS", text);
    }
    let tests = segments.len() as f64;
    for segment in &mut segments {
        let rows: Vec<[u64; 2]> =
            segment.values.iter().map(|mix| [mix.week[0], mix.before[0]]).filter(|row| row[0] + row[1] > 0).collect();
        segment.p_value = Table::new(&rows).map_or(1.0, |table| table.chi_square().p_value);
    }
    let changed = segments.iter().filter(|segment| segment.p_value * tests < CHANCE);
    let moved = changed.filter_map(|segment| Some((segment, segment.most_moved().filter(|(_, a, b)| (b - a).abs() >= MOVED)?)));
    let most = moved.max_by(|a, b| (a.1.2 - a.1.1).abs().total_cmp(&(b.1.2 - b.1.1).abs()));
    match most {
        Some((segment, moved)) => mix_changed(facts, segment, moved),
        None => by_value(facts, &segments),
    }
}

/// The mix changed: does it explain how leads convert?
fn mix_changed(facts: &Facts, segment: &Segment<'_>, (value, before, now): (&str, f64, f64)) -> Finding {
    let field = segment.field;
    let (was, is) = (phrase::percent(before), phrase::percent(now));
    let verb = if now > before { "rose" } else { "fell" };
    let change = format!("Other leads come than before: the share of {value} ({field}) {verb} from {was} to {is}");
    let rates = [
        (segment.total(|mix| mix.week[1]), segment.total(|mix| mix.week[0])),
        (segment.total(|mix| mix.before[1]), segment.total(|mix| mix.before[0])),
    ];
    let [rate, rate_before] = rates.map(|(converted, leads)| converted as f64 / leads.max(1) as f64);
    let at_old = segment.at_old_mix();
    let explains = at_old.is_some_and(|at_old| fell(rates) && at_old - rate > 0.5 * (rate_before - rate));
    let noted = note(facts);
    let finding = if explains {
        let text = format!(
            "{change}, and that explains why fewer buy: {} instead of {}; with the old mix it would be {}.{noted}",
            phrase::percent(rate),
            phrase::percent(rate_before),
            phrase::percent(at_old.unwrap_or(rate)),
        );
        let action = "Tell sales and marketing what changed; collect feedback on the new leads and retrain with their outcomes.";
        Finding::cause(ID, "MIX_EXPLAINS", text).action("RETRAIN_WITH_NEW_LEADS", action)
    } else {
        let text = format!("{change}. How they convert is not explained by it.{noted}");
        Finding::suspect(ID, "MIX_CHANGED", text).action(
            "ASK_MARKETING",
            "Ask marketing whether the change was meant; if it stays, retrain with the new leads' outcomes.",
        )
    };
    let finding = finding.with("field", field).with("value", value).with("before", before).with("now", now);
    let finding = finding.with("conversion", rate).with("conversion_before", rate_before).with("at_old_mix", at_old);
    finding.with("p_value", segment.p_value).at("#/business")
}

/// The mix is the same: does one value convert worse?
fn by_value(facts: &Facts, segments: &[Segment<'_>]) -> Finding {
    let values: u64 = segments.iter().map(|segment| segment.values.len() as u64).sum();
    let level = CHANCE / values.max(1) as f64;
    let worse = segments.iter().flat_map(|segment| segment.values.iter().map(move |mix| (segment.field, *mix))).filter_map(
        |(field, mix)| {
            let [now, then] = [mix.week, mix.before].map(|[leads, converted]| Proportion::new(converted, leads).ok());
            let (now, then) = (now.filter(|p| p.trials() > 0.0)?, then.filter(|p| p.trials() > 0.0)?);
            let interval = TwoProportions::new(now, then).score_ratio(Level::new(level).ok()?);
            (interval.upper < 1.0).then(|| (field, mix, now.rate() / then.rate(), now.rate(), then.rate()))
        },
    );
    let noted = note(facts);
    match worse.min_by(|a, b| a.2.total_cmp(&b.2)) {
        Some((field, mix, ratio, now, before)) => {
            let text = format!(
                "Leads with {field} {} buy less than before: {} instead of {}; the mix of leads is the same.{noted}",
                mix.value,
                phrase::percent(now),
                phrase::percent(before)
            );
            Finding::suspect(ID, "SEGMENT_CONVERTS_LESS", text)
                .with("field", field)
                .with("value", mix.value.as_str())
                .with("ratio", ratio)
                .action("ASK_SALES", "Ask sales what changed for these leads: offer, competition, how they are worked.")
                .at("#/business")
        }
        None => {
            let cycle = match facts.cycle_days {
                [Some(now), Some(before)] if now > 1.25 * before => {
                    format!(" Deals take longer: {} days instead of {}.", phrase::rounded(now, 3), phrase::rounded(before, 3))
                }
                _ => String::new(),
            };
            Finding::fine(ID, "SAME_MIX", format!("The same kinds of leads come as before, and convert alike.{cycle}{noted}"))
        }
    }
}

/// Whether fewer convert, beyond chance.
fn fell([now, before]: [(u64, u64); 2]) -> bool {
    let share = |(converted, leads): (u64, u64)| Proportion::new(converted, leads).ok();
    let pair = share(now).zip(share(before));
    pair.is_some_and(|(now, before)| TwoProportions::new(now, before).score_ratio(Level::FIVE_PERCENT).upper < 1.0)
}

/// The newest note of a change, in a sentence.
fn note(facts: &Facts) -> String {
    let recent = facts.notes.iter().rev().find(|note| note.kind == "change" && note.at_ms > facts.at_ms - NOTED_MS);
    recent.map_or(String::new(), |note| format!(" Noted on {}: \"{}\".", phrase::day(note.at_ms, facts.at_ms), note.text))
}
