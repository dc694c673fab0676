//! Keys that contradict each other: those by which a rollout could not be judged, and those that work, but not as one might expect.

use super::{LeadStore, Mode, Policy, Segments};
use crate::rollout::plan::auc_needed;
use crate::rollout::{DAY_MS, Stage};
use crate::schema::{Problem, Schema};

/// Base rates for which the AUC is stated that precision and recall need together.
const BASE_RATES: [(f64, &str); 3] = [(0.1, "10 %"), (0.2, "20 %"), (0.5, "50 %")];

impl Policy {
    /// Keys that contradict each other so that rollouts could not be judged, each with the way forward.
    pub(super) fn conflicts(&self) -> Vec<Problem> {
        let mature = i64::from(self.outcome.mature_days);
        let lasts = |stage: Stage| {
            let (least, extend, most) = self.stage.extension(stage).unwrap_or_default();
            let least = if stage == Stage::AbTest { self.stage.ab_test.max_days } else { least };
            i64::from(least) + i64::from(most) * i64::from(extend)
        };
        let [shadow, canary, test] = [Stage::Shadow, Stage::Canary, Stage::AbTest].map(lasts);
        let watch = i64::from(self.stage.full.watch_days);
        let mut found = Vec::new();
        let mut at_least = |key: &str, kept: i64, days: i64, why: &str| {
            let message = format!("must be at least \"{days}d\": {why}");
            let problem = Problem { code: "RETENTION_TOO_SHORT", path: key.to_owned(), message };
            found.extend((kept < days.saturating_mul(DAY_MS)).then_some(problem));
        };
        let keep = &self.retention;
        let why = format!(
            "a look at the end of an A/B test of {test} days reads the scores of all its leads, {mature} days old each (outcome.mature_days)"
        );
        at_least("retention.predictions", keep.predictions.0, test + mature, &why);
        if self.retrains() {
            let days = i64::from(self.retrain.what.days);
            let why = format!(
                "a retraining reads the fields of leads that matured in {days} days (retrain.what.days), {mature} days old each (outcome.mature_days)"
            );
            at_least("retention.features", keep.features.0, days + mature, &why);
        } else {
            let why = format!("a start scores leads of the last {mature} days (outcome.mature_days) by their stored fields");
            at_least("retention.features", keep.features.0, mature, &why);
        }
        at_least("retention.hours", keep.hours.0, 2, "the report shows the last day by the hour");
        let days = shadow + canary + test + watch + mature;
        let why = format!("gates look at all days since the start, which are {days} with every extension of every stage");
        at_least("retention.days", keep.days.0, days, &why);
        found
    }

    /// What works, but not as one might expect, each with its key and the way forward. None is a reason to reject the policy.
    pub fn warnings(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut warn = |code: &'static str, key: &str, message: String| {
            found.push(Problem { code, path: key.to_owned(), message });
        };
        let (precision, recall) = (&self.gates.precision, &self.gates.recall);
        if precision.mode == Mode::Absolute && recall.mode == Mode::Absolute {
            let needed = |(rate, name): &(f64, &str)| {
                let needed = auc_needed(*rate, precision.min, recall.min).ok().flatten();
                let needed = needed.map_or_else(|| "no AUC is enough".to_owned(), |auc| format!("{auc:.3}"));
                format!("{needed} at a base rate of {name}")
            };
            let needed: Vec<String> = BASE_RATES.iter().map(needed).collect();
            let message = format!(
                "and gates.recall.mode are both \"absolute\": precision {} and recall {} hold together only from an AUC of {} on; \
                 gates.auc.min asks for {}. A rollout below that stays in shadow, and its start must be acknowledged. Set both to \"auto\", \
                 or see what holds for you with --base-rate and --leads-per-day",
                precision.min,
                recall.min,
                needed.join(", "),
                self.gates.auc.min
            );
            warn("GATES_CANNOT_HOLD_TOGETHER", "gates.precision.mode", message);
        }
        if self.leads.store == LeadStore::None {
            let retrains = if self.retrains() {
                "retraining finds no leads (set retrain.when.schedule = \"\" if you do not want it), "
            } else {
                ""
            };
            let message = format!(
                "is \"none\", so no fields of leads are kept: {retrains}leads from before a start get no second score, figures of outcomes \
                 begin {} days after it, suites of expectations judge no stored leads, and a stored lead's reasons cannot be shown. Set it to \
                 \"scored\" to keep them, and name personal fields in leads.personal",
                self.outcome.mature_days
            );
            warn("FIELDS_NOT_STORED", "leads.store", message);
        }
        found
    }

    /// Fields by which the test is to be split though no prediction is noted with them: `noted` are those in the settings' `segments`,
    /// which are these fields where it is empty. The fields that are there by default may be missing.
    pub fn segments_not_noted(&self, noted: &[String]) -> Vec<Problem> {
        let missing = self.own_segments(|name| noted.is_empty() || noted.contains(name));
        let message = |names: String| {
            format!(
                "names {names}, which the setting segments does not: predictions are not noted with it. Add it to segments = [\u{2026}]"
            )
        };
        missing.map(|names| segment_problem("SEGMENT_NOT_NOTED", message(names))).into_iter().collect()
    }

    /// Fields by which the test is to be split that leads of `schema` do not have. The fields that are there by default may be missing.
    pub fn segments_unknown(&self, schema: &Schema) -> Vec<Problem> {
        let known: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
        let missing = self.own_segments(|name| known.contains(&name.as_str()));
        let message =
            |names: String| format!("names {names}, which the model's schema does not have; its fields are {}", known.join(", "));
        missing.map(|names| segment_problem("SEGMENT_UNKNOWN", message(names))).into_iter().collect()
    }

    /// Whether anything but a person's command retrains the model.
    fn retrains(&self) -> bool {
        !self.retrain.when.schedule.is_empty()
    }

    /// The segments' fields that `is_there` does not have, in quotes; none where the fields are the default's.
    fn own_segments(&self, is_there: impl Fn(&String) -> bool) -> Option<String> {
        let fields = &self.experiment.segments.fields;
        let missing: Vec<String> = fields.iter().filter(|name| !is_there(name)).map(|name| format!("{name:?}")).collect();
        (*fields != Segments::default().fields && !missing.is_empty()).then(|| missing.join(", "))
    }
}

fn segment_problem(code: &'static str, message: String) -> Problem {
    Problem { code, path: "experiment.segments.fields".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::*;
    use crate::schema::Field;

    #[test]
    fn keys_that_contradict_each_other_are_named_with_the_way_forward() {
        type Change = fn(&mut Policy);
        let wrong: [(Change, &str, &str); 6] = [
            (|p| p.retention.predictions = Span::hours(1), "retention.predictions", "at least \"49d\""),
            (|p| p.outcome.mature_days = 390, "retention.predictions", "at least \"432d\""),
            (|p| p.retention.features = Span::days(36), "retention.features", "at least \"37d\""),
            (|p| p.retrain.what.days = 200, "retention.features", "at least \"207d\""),
            (|p| p.retention.hours = Span::hours(1), "retention.hours", "at least \"2d\""),
            (|p| p.retention.days = Span::days(100), "retention.days", "at least \"105d\""),
        ];
        for (change, key, message) in wrong {
            let mut policy = Policy::default();
            change(&mut policy);
            let found = policy.problems();
            let of = found.iter().find(|problem| problem.path == key);
            assert!(of.is_some_and(|p| p.code == "RETENTION_TOO_SHORT" && p.message.contains(message)), "{key}: {found:?}");
        }
        let mut policy = Policy::default();
        policy.retrain.when.schedule.clear();
        policy.retention.features = Span::days(7);
        assert_eq!(policy.problems(), []);
    }

    #[test]
    fn what_works_otherwise_than_expected_is_a_warning() {
        let mut policy = Policy::default();
        assert_eq!(policy.warnings(), []);
        policy.leads.store = LeadStore::None;
        (policy.gates.precision.mode, policy.gates.recall.mode) = (Mode::Absolute, Mode::Absolute);
        let found = policy.warnings();
        assert_eq!(
            found.iter().map(|warning| warning.code).collect::<Vec<_>>(),
            ["GATES_CANNOT_HOLD_TOGETHER", "FIELDS_NOT_STORED"]
        );
        assert!(found[0].message.contains("from an AUC of 0.978 at a base rate of 10 %, 0.961"), "{}", found[0].message);
        assert!(found[1].message.contains("retraining finds no leads"), "{}", found[1].message);
        assert_eq!(policy.problems(), [], "a start may acknowledge it");
    }

    #[test]
    fn segments_must_be_noted_and_fields_of_the_leads() {
        let mut policy = Policy::default();
        let schema = Schema { fields: vec![Field { name: "region".into(), ..Field::default() }] };
        assert_eq!(
            (policy.segments_not_noted(&[]), policy.segments_unknown(&schema)),
            (vec![], vec![]),
            "the default asks for nothing"
        );
        policy.experiment.segments.fields = vec!["region".into(), "regoin".into()];
        let [noted, unknown] = [policy.segments_not_noted(&["region".into()]), policy.segments_unknown(&schema)];
        assert_eq!(policy.segments_not_noted(&[]), [], "the setting is left out");
        assert_eq!((noted[0].code, unknown[0].code), ("SEGMENT_NOT_NOTED", "SEGMENT_UNKNOWN"));
        assert!(unknown[0].message.contains("names \"regoin\"") && !unknown[0].message.contains("\"region\""), "{unknown:?}");
    }
}
