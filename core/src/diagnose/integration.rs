//! D1.6: whether scores are used: seen, seen in time, hot leads worked first, and bands still meaning what they meant.

use super::{Contact, Facts, Finding};
use crate::rollout::phrase;
use crate::stats::level::Level;
use crate::stats::proportion::{Proportion, TwoProportions};

const ID: &str = "D1.6";
/// The share of scores that should be seen.
const SEEN: f64 = 0.5;
/// How far a band's share may move.
const MOVED: f64 = 0.10;
/// The share of scores that may be older than four hours when they are seen.
const STALE: f64 = 0.2;
const LEAST: u64 = 100;

pub(super) fn find(facts: &Facts) -> Finding {
    let found = [unworked(facts), unseen(facts), stale(facts), bands(facts)];
    let known = found.iter().flatten().count();
    let wrong = found.into_iter().flatten().find(|finding| finding.action.is_some());
    match wrong {
        Some(finding) => finding.at("#/business"),
        None if known == 0 => {
            let text = "It is not recorded which scores are seen and which leads are worked, so their use cannot be judged.";
            let action = "Have the CRM send POST /v1/exposures when a score is shown, and outcomes when a deal is opened.";
            Finding { action: None, ..Finding::unknown(ID, "USE_UNKNOWN", format!("{text} {action}")) }
        }
        None => Finding::fine(ID, "SCORES_ARE_USED", "Scores are used as meant, as far as it is recorded."),
    }
}

fn share(of: &Contact) -> Option<Proportion> {
    Proportion::new(of.contacted, of.leads).ok().filter(|_| of.leads >= LEAST)
}

/// Whether hot leads are worked first.
fn unworked(facts: &Facts) -> Option<Finding> {
    let worked = facts.worked.as_ref()?;
    // Where nothing at all is reported, nothing is known.
    if worked.hot.contacted + worked.other.contacted == 0 {
        return None;
    }
    let (hot, other) = (share(&worked.hot)?, share(&worked.other)?);
    let ratio = TwoProportions::new(hot, other).score_ratio(Level::FIVE_PERCENT);
    let later = worked.hot.mean_hours.zip(worked.other.mean_hours).is_some_and(|(hot, other)| hot > other);
    let (hot_share, other_share) = (phrase::percent(hot.rate()), phrase::percent(other.rate()));
    let finding = if ratio.lower <= 1.0 && (later || hot.rate() <= 1.1 * other.rate()) {
        let text = format!(
            "Hot leads are not worked first: {hot_share} of them were contacted within two days, of the others {other_share}."
        );
        let action = "Show sales the bands and agree on who calls hot leads first; sort the CRM's list by score.";
        Finding::cause(ID, "HOT_NOT_WORKED", text).action("TRAIN_SALES", action)
    } else {
        let text = format!("Hot leads are worked first: {hot_share} within two days, of the others {other_share}.");
        Finding::fine(ID, "HOT_WORKED", text)
    };
    Some(finding.with("hot", hot.rate()).with("other", other.rate()).with("n", worked.hot.leads))
}

/// Whether scores are seen at all.
fn unseen(facts: &Facts) -> Option<Finding> {
    let (scored, seen) = facts.seen.iter().fold((0u64, 0u64), |(all, seen), day| (all + day.scored, seen + day.exposures));
    // A CRM that never reports what it shows says nothing about who looks.
    if scored < LEAST || seen == 0 {
        return None;
    }
    let rate = seen as f64 / scored as f64;
    let shown = phrase::percent(rate.min(1.0));
    let finding = if rate < SEEN {
        let text = format!("Most scores are never seen: pages showed {shown} of {} in seven days.", phrase::count(scored));
        let action = "Put the score where sales works: in the lead's page and in the list they call from.";
        Finding::cause(ID, "NOT_SEEN", text).action("FIX_CRM", action)
    } else {
        Finding::fine(ID, "SEEN", format!("Scores are seen: pages showed {shown} of {} in seven days.", phrase::count(scored)))
    };
    Some(finding.with("seen", seen).with("scored", scored))
}

/// Whether scores are old when they are seen.
fn stale(facts: &Facts) -> Option<Finding> {
    let [seen, old] = facts.worked.as_ref()?.stale;
    if seen < LEAST {
        return None;
    }
    let rate = old as f64 / seen as f64;
    let shown = phrase::percent(rate);
    let finding = if rate > STALE {
        let text =
            format!("Scores are old when sales sees them: {shown} of {} are more than four hours old.", phrase::count(seen));
        Finding::suspect(ID, "SHOWN_LATE", text)
            .action("SCORE_AGAIN", "Score leads when their data changes, or when their page is opened, instead of once a night.")
    } else {
        Finding::fine(
            ID,
            "SHOWN_IN_TIME",
            format!("Scores are fresh when sales sees them: {shown} are more than four hours old."),
        )
    };
    Some(finding.with("seen", seen).with("old", old))
}

/// Whether as many leads are hot as were meant to be.
fn bands(facts: &Facts) -> Option<Finding> {
    let training = facts.training.as_ref().filter(|training| !training.bands.is_empty())?;
    let histogram = facts.scores.histogram();
    let all: u64 = histogram.iter().sum();
    if all < LEAST {
        return None;
    }
    let bins = histogram.len() as f64;
    let from = |cut: f64| {
        let above = histogram.iter().enumerate().filter(|(at, _)| (*at as f64 + 0.5) / bins >= cut).map(|(_, n)| *n).sum::<u64>();
        above as f64 / all as f64
    };
    let ends = training.bands.iter().skip(1).map(|(_, from, _)| Some(*from)).chain([None]);
    let moved = training.bands.iter().zip(ends).map(|((name, start, then), end)| {
        let now = from(*start) - end.map_or(0.0, from);
        (name.as_str(), *start, *then, now)
    });
    let (name, start, then, now) = moved.max_by(|a, b| (a.3 - a.2).abs().total_cmp(&(b.3 - b.2).abs()))?;
    let (was, is) = (phrase::percent(then), phrase::percent(now));
    let finding = if (now - then).abs() > MOVED {
        // Where the top band would have to begin to hold as many leads as then.
        let top = training.bands.last().map(|(_, _, share)| *share).unwrap_or_default();
        let cut = threshold(&histogram, all, top);
        let text = format!("Bands have moved: {is} of leads are {name}, in training it was {was}.");
        let advice = format!(
            "Find out why scores moved (D1.3, D1.5). To call as many leads as then, the top band would have to begin at {}.",
            phrase::rounded(cut, 2)
        );
        Finding::suspect(ID, "BANDS_MOVED", text).action("MOVE_THRESHOLD", advice).with("top_band_from", cut)
    } else {
        Finding::fine(ID, "BANDS_STAY", format!("Bands hold about as many leads as in training: {name} {is}, then {was}."))
    };
    Some(finding.with("band", name).with("from", start).with("then", then).with("now", now))
}

/// The least score of the best part `share` of leads.
fn threshold(histogram: &[u64], all: u64, share: f64) -> f64 {
    let wanted = share * all as f64;
    let mut seen = 0.0;
    for (at, n) in histogram.iter().enumerate().rev() {
        seen += *n as f64;
        if seen >= wanted {
            return at as f64 / histogram.len() as f64;
        }
    }
    0.0
}
