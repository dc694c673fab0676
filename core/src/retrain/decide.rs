//! What becomes of a retrained model (T2).

use serde::{Deserialize, Serialize};

use crate::evidence::InsufficientData;
use crate::metric::{Comparison, Labelled, MetricError};
use crate::sentence::Sentence;

/// Fewer leads say nothing …
pub const LEAST_ROWS: u64 = 1_000;
/// … nor do fewer of those that converted, or of those that did not.
pub const LEAST_OF_CLASS: u64 = 100;
/// Level of the AUC's interval.
const LEVEL: f64 = 0.95;

/// The numbers a retrained model is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The least AUC of a model that is queued for shadow.
    pub promote_auc: f64,
    /// Below this AUC people are alerted.
    pub alert_auc: f64,
    /// How far below today's model, on the same leads, it may be.
    pub margin: f64,
}

/// What becomes of a retrained model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RetrainingRuling"))]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It is queued for shadow; an approver may start it.
    Queued,
    /// It is registered, and nothing else happens.
    Kept,
    /// It is registered, and people are alerted: recent leads can no longer be ranked well.
    Below,
}

/// A retrained model judged on leads it has not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What becomes of it.
    pub ruling: Ruling,
    /// Its AUC, with the ends of its 95 % interval where it has one.
    pub auc: f64,
    /// The ends.
    pub interval: Option<(f64, f64)>,
    /// Leads it was tested on.
    pub leads: u64,
    /// The AUC of today's model on the same leads.
    pub champion_auc: f64,
    /// In words.
    pub sentence: Sentence,
}

/// Figures of a retrained model and of today's on leads that it has not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Its AUC.
    pub auc: f64,
    /// The ends of its 95 % interval, where it has one.
    pub interval: Option<(f64, f64)>,
    /// Leads it was tested on.
    pub leads: u64,
    /// The AUC of today's model on the same leads.
    pub champion_auc: f64,
}

impl Decision {
    /// Judges `version` by its scores and today's model's of the same leads, which it has not seen.
    ///
    /// # Errors
    /// Too few leads of a class (the inner error), or scores that are no probabilities.
    pub fn new(
        version: &str,
        rules: Rules,
        new: &Labelled<'_>,
        today: &Labelled<'_>,
    ) -> Result<Result<Decision, InsufficientData>, MetricError> {
        let comparison = match Comparison::new(new, today)? {
            Ok(comparison) => comparison,
            Err(few) => return Ok(Err(few)),
        };
        let [own, champion] = comparison.areas;
        let leads = own.classes.iter().sum();
        let measured = Measured { auc: own.auc, interval: own.interval(LEVEL), leads, champion_auc: champion.auc };
        Ok(Ok(Decision::of(version, rules, &measured)))
    }

    /// Judges `version` by figures that were worked out elsewhere.
    pub fn of(version: &str, rules: Rules, of: &Measured) -> Decision {
        let Measured { auc, interval, leads, champion_auc } = *of;
        // A point value is enough: the queue harms no one, and the interval of a thousand leads would reject all.
        let is_worse = auc - champion_auc < -rules.margin;
        let ruling = if auc < rules.alert_auc {
            Ruling::Below
        } else if auc >= rules.promote_auc && !is_worse {
            Ruling::Queued
        } else {
            Ruling::Kept
        };
        let ends = interval.map_or_else(String::new, |(low, high)| format!("{low:.3} to {high:.3}; "));
        let shown = shown(auc, [rules.alert_auc, rules.promote_auc]);
        let measured = format!("AUC {shown} ({ends}{} leads it has not seen)", grouped(leads));
        let today = format!("today's model has {champion_auc:.3} on the same leads");
        let (code, text) = match ruling {
            Ruling::Queued => (
                "RETRAINED_QUEUED",
                format!(
                    "{version} ranks well: {measured}, {} is needed; {today}. It is queued for shadow and waits for an approver's start.",
                    rules.promote_auc
                ),
            ),
            Ruling::Kept if auc >= rules.promote_auc => (
                "RETRAINED_WORSE",
                format!(
                    "{version} ranks worse than today's model: {measured}; {today}, and {} less is allowed. It is kept, nothing else happens.",
                    rules.margin
                ),
            ),
            Ruling::Kept => (
                "RETRAINED_KEPT",
                format!(
                    "{version} is not good enough for shadow: {measured}, {} is needed; {today}. It is kept, nothing else happens.",
                    rules.promote_auc
                ),
            ),
            Ruling::Below => (
                "RETRAINED_BELOW",
                format!(
                    "{version} ranks poorly: {measured}, below {}; {today}. Recent leads can no longer be ranked well: the ML team is asked to look.",
                    rules.alert_auc
                ),
            ),
        };
        let sentence = Sentence::new(code, text)
            .with("version", version)
            .with("auc", auc)
            .with("champion_auc", champion_auc)
            .with("n", leads)
            .with("promote_auc", rules.promote_auc)
            .with("alert_auc", rules.alert_auc);
        Decision { ruling, auc, interval, leads, champion_auc, sentence }
    }
}

/// `x` with three decimals, or as many as show on which side of each of `limits` it is.
fn shown(x: f64, limits: [f64; 2]) -> String {
    let is_true =
        |text: &String| text.parse::<f64>().is_ok_and(|near| limits.iter().all(|limit| (near < *limit) == (x < *limit)));
    (3..17).map(|digits| format!("{x:.digits$}")).find(is_true).unwrap_or_else(|| x.to_string())
}

/// Why leads are not enough to train on; none where they are.
pub fn too_few(leads: u64, converted: u64) -> Option<Sentence> {
    let others = leads.saturating_sub(converted);
    let text = if leads < LEAST_ROWS {
        format!("Not enough data: {} leads with an outcome, {} are needed.", grouped(leads), grouped(LEAST_ROWS))
    } else if converted < LEAST_OF_CLASS {
        format!("Not enough data: {converted} leads converted, {LEAST_OF_CLASS} are needed.")
    } else if others < LEAST_OF_CLASS {
        format!("Not enough data: {others} leads did not convert, {LEAST_OF_CLASS} are needed.")
    } else {
        return None;
    };
    Some(Sentence::new("RETRAIN_INSUFFICIENT", text).with("leads", leads).with("converted", converted))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const RULES: Rules = Rules { promote_auc: 0.87, alert_auc: 0.85, margin: 0.01 };

    /// Scores of 2,000 leads by a model whose normal scores are so far apart.
    fn scores(apart: f64) -> (Vec<f64>, Vec<bool>) {
        let mut random = Random::new(3);
        let labels: Vec<bool> = (0..2_000).map(|lead| lead % 5 == 0).collect();
        let score = |is: &bool| crate::math::logistic(random.normal() + if *is { apart } else { 0.0 });
        (labels.iter().map(score).collect(), labels)
    }

    #[test]
    fn a_model_is_queued_kept_or_reported_by_its_auc() {
        for (own, champion, ruling, code) in [
            (1.8, 1.7, Ruling::Queued, "RETRAINED_QUEUED"),
            (1.8, 1.81, Ruling::Queued, "RETRAINED_QUEUED"),
            (1.8, 2.2, Ruling::Kept, "RETRAINED_WORSE"),
            (1.5, 1.4, Ruling::Kept, "RETRAINED_KEPT"),
            (1.2, 1.0, Ruling::Below, "RETRAINED_BELOW"),
        ] {
            let ((own, labels), (champion, _)) = (scores(own), scores(champion));
            let [own, champion] = [&own, &champion].map(|scores| Labelled::new(scores, &labels).unwrap());
            let decision = Decision::new("v2", RULES, &own, &champion).unwrap().unwrap();
            assert_eq!((decision.ruling, decision.sentence.code.as_str()), (ruling, code), "{decision:?}");
            assert!(decision.sentence.text.starts_with("v2 ") && decision.sentence.text.contains("2,000 leads"), "{decision:?}");
        }
        let labels = [true, false, false];
        let few = Labelled::new(&[0.1, 0.2, 0.3], &labels).unwrap();
        assert!(Decision::new("v2", RULES, &few, &few).unwrap().is_err());
    }

    #[test]
    fn an_auc_is_shown_on_its_side_of_a_limit() {
        for (auc, text) in [
            (0.8499, "AUC 0.8499 (10 leads it has not seen), below 0.85;"),
            (0.849999, "AUC 0.849999 (10"),
            (0.85, "AUC 0.850 (10 leads it has not seen), 0.87 is needed;"),
            (0.8699, "AUC 0.8699 (10"),
            (0.87, "AUC 0.870 (10"),
            (0.8234, "AUC 0.823 (10"),
        ] {
            let measured = Measured { auc, interval: None, leads: 10, champion_auc: 0.86 };
            let found = Decision::of("v2", RULES, &measured).sentence.text;
            assert!(found.contains(text), "{found}");
        }
    }

    #[test]
    fn too_few_leads_are_named() {
        for (leads, converted, part) in
            [(999, 500, "999 leads"), (2_000, 99, "99 leads converted"), (2_000, 1_950, "50 leads did not")]
        {
            assert!(too_few(leads, converted).unwrap().text.contains(part));
        }
        assert_eq!(too_few(1_000, 100), None);
    }
}
