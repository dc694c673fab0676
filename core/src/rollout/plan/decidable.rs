//! Which gates can be decided at a base rate and pace, for the start report.

use serde::{Deserialize, Serialize};

use super::{Expected, auc_needed, can_hold_together, modes, requests_needed};
use crate::rollout::policy::Mode;
use crate::rollout::{Modes, Policy, phrase};
use crate::sentence::Sentence;

/// What the start report says of the gates at one base rate and pace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decidable {
    /// The model it reckons with: the champion.
    pub champion: Expected,
    /// The least AUC with which the policy's precision and recall can both hold; none where no AUC is enough.
    pub auc_needed: Option<f64>,
    /// Whether the champion's AUC is at least that.
    pub can_hold_together: bool,
    /// Precision and recall of a calibrated model like the champion at the policy's threshold.
    pub at_threshold: (f64, f64),
    /// How precision and recall are judged.
    pub modes: Modes,
    /// For some true AUCs, when the AUC's gate is decided in Shadow.
    pub auc: Vec<Decision>,
    /// Requests that show the error rate to be allowed: without a failure, and at half the limit.
    pub requests: [Option<u64>; 2],
}

/// When the AUC's gate is decided, with a chance of 80 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AucDecision"))]
pub struct Decision {
    /// The challenger's true AUC.
    pub auc: f64,
    /// Whether it then passes; else it fails.
    pub passes: bool,
    /// Leads with an outcome.
    pub leads: Option<u64>,
    /// Days, at the pace given.
    pub days: Option<u64>,
}

impl Decidable {
    /// For a champion like `champion` and `outcomes_per_day` leads whose outcome becomes known each day.
    pub fn new(policy: &Policy, champion: Expected, outcomes_per_day: f64) -> Decidable {
        let gates = &policy.gates;
        let (precision, recall) = (gates.precision.min, gates.recall.min);
        let line = gates.auc.min;
        let decision = |auc: f64| {
            let model = Expected { auc, ..champion };
            // With a slack the value has to reach the line and the lower end only the line less the slack.
            let passes = auc > line;
            let leads = model.leads_needed(if passes { line - gates.auc.slack } else { line });
            let days = leads.filter(|_| outcomes_per_day > 0.0).map(|leads| (leads as f64 / outcomes_per_day).ceil() as u64);
            Decision { auc, passes, leads, days }
        };
        let around = [-0.03, -0.02, 0.01, 0.02, 0.03, 0.05].map(|off: f64| ((line + off) * 1_000.0).round() / 1_000.0);
        let limit = gates.service.max_error_rate;
        Decidable {
            champion,
            auc_needed: auc_needed(champion.base_rate, precision, recall).ok().flatten(),
            can_hold_together: can_hold_together(champion.base_rate, champion.auc, precision, recall),
            at_threshold: champion.at(policy.outcome.threshold),
            modes: modes(policy, Some(champion)),
            auc: around.into_iter().filter(|auc| *auc > 0.5 && *auc < 1.0).map(decision).collect(),
            requests: [requests_needed(0.0, limit), requests_needed(limit / 2.0, limit)],
        }
    }
}

impl Decidable {
    /// The same in sentences: whether precision and recall can hold together, when the AUC's gate is decided, and how many requests show
    /// the error rate.
    pub fn sentences(&self, policy: &Policy) -> Vec<Sentence> {
        let mut sentences = vec![self.together(policy)];
        let stage = &policy.stage.shadow;
        let days = u64::from(stage.min_days) + u64::from(stage.max_extensions) * u64::from(stage.extend_days);
        sentences.extend(self.auc.iter().filter_map(|decision| {
            let leads = decision.leads?;
            let (auc, verb) = (phrase::auc(decision.auc), if decision.passes { "passes" } else { "fails" });
            let all = phrase::count(leads);
            let when = match decision.days {
                Some(needed) if needed > days => {
                    let (needed, days) = (phrase::counted(needed, "day", "days"), phrase::count(days));
                    format!(", which takes {needed}; Shadow lasts {days} at most")
                }
                Some(needed) => format!(", which takes {}", phrase::counted(needed, "day", "days")),
                None => String::new(),
            };
            let text = format!("A model of AUC {auc} {verb} Shadow after {all} leads with an outcome in 4 of 5 cases{when}.");
            let sentence = Sentence::new("AUC_DECIDED", text).with("auc", decision.auc).with("leads", leads);
            Some(sentence.with("days", decision.days).with("stage_days", days))
        }));
        if let [Some(without), Some(half)] = self.requests {
            let limit = policy.gates.service.max_error_rate;
            let (allowed, rate) = (phrase::percent(limit), phrase::percent(limit / 2.0));
            let (none, some) = (phrase::count(without), phrase::count(half));
            let text = format!(
                "Fewer errors than {allowed} are shown by {none} requests without one, or by {some} of which {rate} fail."
            );
            sentences.push(Sentence::new("ERRORS_DECIDED", text).with("without", without).with("half", half));
        }
        sentences
    }

    fn together(&self, policy: &Policy) -> Sentence {
        let gates = &policy.gates;
        let (precision, recall) = (phrase::percent(gates.precision.min), phrase::percent(gates.recall.min));
        let (rate, has) = (phrase::percent(self.champion.base_rate), phrase::auc(self.champion.auc));
        let both = format!("Precision {precision} and recall {recall}");
        let (code, text) = match self.auc_needed {
            Some(_) if self.can_hold_together => {
                ("CAN_HOLD_TOGETHER", format!("{both} can both hold at a base rate of {rate}: today's model has AUC {has}."))
            }
            needed => {
                let takes = match needed {
                    Some(needed) => format!("that takes AUC {}, today's model has {has}", phrase::auc(needed)),
                    None => "no AUC is high enough".to_owned(),
                };
                let relative = self.modes.precision == Mode::Relative && self.modes.recall == Mode::Relative;
                let then = match relative {
                    true => "Both are compared with today's model instead.",
                    false => "The policy asks for them all the same, so the rollout will probably be held in Shadow.",
                };
                ("CANNOT_HOLD_TOGETHER", format!("{both} cannot both hold at a base rate of {rate}: {takes}. {then}"))
            }
        };
        let sentence = Sentence::new(code, text).with("base_rate", self.champion.base_rate).with("auc", self.champion.auc);
        sentence.with("auc_needed", self.auc_needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_report_says_what_cannot_hold() {
        let found = Decidable::new(&Policy::default(), Expected { base_rate: 0.1, auc: 0.87 }, 500.0);
        assert!(!found.can_hold_together && found.modes.recall == Mode::Relative);
        let pass = found.auc.iter().find(|decision| decision.auc == 0.87).unwrap();
        assert_eq!((pass.passes, pass.leads, pass.days), (true, Some(7_426), Some(15)));
        let fail = found.auc.iter().find(|decision| decision.auc == 0.82).unwrap();
        assert_eq!((fail.passes, fail.days), (false, Some(8)));
        let wording: Vec<String> = found.sentences(&Policy::default()).into_iter().map(|sentence| sentence.text).collect();
        assert_eq!(
            wording[0],
            "Precision 80 % and recall 80 % cannot both hold at a base rate of 10 %: that takes AUC 0.978, today's model has 0.87. Both are \
             compared with today's model instead."
        );
        assert!(
            wording.contains(
                &"A model of AUC 0.87 passes Shadow after 7,426 leads with an outcome in 4 of 5 cases, which takes 15 days."
                    .to_owned()
            )
        );
        assert!(wording.iter().any(|text| text.ends_with("which takes 61 days; Shadow lasts 28 at most.")), "{wording:?}");
        assert_eq!(
            wording.last().unwrap(),
            "Fewer errors than 0.1 % are shown by 3,688 requests without one, or by 26,091 of which 0.05 % fail."
        );
        let easy = Decidable::new(&Policy::default(), Expected { base_rate: 0.45, auc: 0.925 }, 0.0);
        assert_eq!(easy.sentences(&Policy::default())[0].code, "CAN_HOLD_TOGETHER");
        let mut policy = Policy::default();
        policy.gates.precision.mode = Mode::Absolute;
        let chosen = modes(&policy, None);
        assert_eq!((chosen.precision, chosen.recall), (Mode::Absolute, Mode::Relative), "what is chosen stays");
    }
}
