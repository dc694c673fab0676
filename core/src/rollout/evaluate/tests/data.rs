//! Rows of `data.*`: the leads' data.

use super::*;
use crate::rollout::evidence::Missed;

#[test]
fn the_leads_data() {
    fn fields(e: &mut Evidence) -> &mut Vec<FeatureFigures> {
        e.challenger.features.as_mut().unwrap()
    }
    check(&[
        row(
            Shadow,
            DataDrift,
            nothing,
            Pass,
            "Leads look like the training data: none of 2 fields drifted by more than 0.15; the most is visits_30d 0.08.",
        ),
        row(
            Shadow,
            DataDrift,
            |e, _| fields(e)[0] = field("visits_30d", 0.17, None),
            Inconclusive,
            "To be looked at: 1 of 2 fields drifted by more than 0.15 (visits_30d 0.17). More than 2 would fail; find the cause or waive the gate.",
        ),
        row(
            Shadow,
            DataDrift,
            |e, _| *fields(e) = ["a", "b", "c", "d", "e", "f", "g"].map(|name| field(name, 0.2, None)).into(),
            Fail,
            "Leads have changed: 7 of 7 fields drifted by more than 0.15 (a 0.2, b 0.2, c 0.2, d 0.2, e 0.2 and 2 more); 2 are allowed.",
        ),
        row(
            Shadow,
            DataDrift,
            |e, _| fields(e).iter_mut().for_each(|field| field.values = 212),
            InsufficientData,
            "Not enough data: 212 leads came, 500 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            DataDrift,
            |e, _| e.challenger.features = None,
            InsufficientData,
            "Not enough data: model 2026-12-01.1 has no baseline to compare leads with; `plumbline baseline` adds one.",
        ),
        row(
            Shadow,
            DataDrift,
            |e, _| fields(e)[0].distance = Some(FieldDistance { at_least: 0.3, at_most: 0.3, p_value: Some(0.2) }),
            Pass,
            "Leads look like the training data: none of 2 fields drifted by more than 0.15; the most is visits_30d 0.3.",
        ),
        row(Shadow, DataMissing, nothing, Pass, "Leads are as complete as in training: no field is missing more often."),
        row(
            Shadow,
            DataMissing,
            |e, _| fields(e)[0].missing = 100,
            Pass,
            "Leads are complete: at worst visits_30d is missing in 1.4 % of leads, in training 1 %; a rise of 1 % is allowed.",
        ),
        row(
            Shadow,
            DataMissing,
            |e, _| fields(e)[0].missing = 700,
            Fail,
            "Values are missing: visits_30d is missing in 10 % of leads, in training 1 %; a rise of 1 % is allowed.",
        ),
        row(
            Shadow,
            DataMissing,
            |e, _| {
                *fields(e) =
                    vec![FeatureFigures { values: 500, missing: 9, reference_missing: 50, ..field("visits_30d", 0.1, None) }];
            },
            Inconclusive,
            "Too close to call: visits_30d is missing in 1.8 % of leads, in training 0.42 %, a rise of 1 % is allowed; about 65 more leads, at this pace by 1 December.",
        ),
        row(
            Shadow,
            DataMissing,
            |e, _| fields(e).clear(),
            InsufficientData,
            "Not enough data: 0 leads came, 400 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            DataCategories,
            nothing,
            Pass,
            "Few new categories: at worst 0.1 % of the values of lead_source did not occur in training; 1 % is allowed.",
        ),
        row(
            Canary,
            DataCategories,
            |e, _| fields(e)[1].new_categories = Some(0),
            Pass,
            "No new categories: every value occurred in training.",
        ),
        row(
            Canary,
            DataCategories,
            |e, _| fields(e)[1].new_categories = Some(280),
            Fail,
            "New categories: 4 % of the values of lead_source did not occur in training; 1 % is allowed.",
        ),
        row(
            Canary,
            DataCategories,
            |e, _| fields(e)[1].new_categories = Some(70),
            Inconclusive,
            "Too close to call: 1 % of the values of lead_source did not occur in training, 1 % is allowed; more leads alone will hardly decide it.",
        ),
        row(
            Canary,
            DataCategories,
            |e, p| {
                fields(e)[1].new_categories = Some(1);
                p.gates.data.max_new_categories = 0.0;
            },
            Fail,
            "New categories: 0.014 % of the values of lead_source did not occur in training; 0 % is allowed.",
        ),
        row(Canary, DataCategories, |e, _| drop(fields(e).pop()), Pass, "No field has categories, so none can be new."),
        row(
            Canary,
            DataCategories,
            |e, _| e.challenger.features = None,
            InsufficientData,
            "Not enough data: model 2026-12-01.1 has no baseline to compare leads with; `plumbline baseline` adds one.",
        ),
        row(
            Canary,
            DataSuite,
            nothing,
            Pass,
            "Leads are as expected: every critical expectation of suite leads (41) holds for the newest 1,000 leads.",
        ),
        row(
            Canary,
            DataSuite,
            |e, _| {
                let missed = |expected: &str, unexpected: Option<u64>| Missed {
                    expected: expected.into(),
                    is_critical: true,
                    checked: unexpected.map(|_| 1_000),
                    unexpected,
                };
                let suite = e.suite.as_mut().unwrap();
                suite.critical_missed = 2;
                suite.missed = vec![missed("email should be present", Some(31)), missed("columns should be in order", None)];
            },
            Fail,
            "Leads are not as expected: 2 of 41 critical expectations of suite leads fail for the newest 1,000 leads (email should be present, 31 of 1,000 are not; columns should be in order).",
        ),
        row(
            Canary,
            DataSuite,
            |e, _| e.suite = None,
            InsufficientData,
            "Not enough data: the new model's bundle has no expectation suite (plumbline baseline makes one).",
        ),
        row(
            Canary,
            DataSuite,
            |e, _| e.suite.as_mut().unwrap().leads = 0,
            InsufficientData,
            "Not enough data: no lead of the last seven days was stored with its fields.",
        ),
        row(
            Canary,
            DataSuite,
            |e, _| e.suite.as_mut().unwrap().at_ms -= 3 * crate::rollout::DAY_MS,
            InsufficientData,
            "Not enough data: the expectation suite was last run on 28 November, and log shards did not answer since.",
        ),
        row(Canary, DataCoverage, nothing, Pass, "Scores nearly every lead: 99.9 % of 7,000 leads; 95 % is needed."),
        row(
            Canary,
            DataCoverage,
            |e, _| e.challenger.recent.as_mut().unwrap().scored = 6_300,
            Fail,
            "Too many leads without a score: it scored 90 % of 7,000 leads (89 to 91 %); 95 % is needed.",
        ),
        row(
            Canary,
            DataCoverage,
            |e, _| e.challenger.recent.as_mut().unwrap().scored = 6_650,
            Inconclusive,
            "Too close to call: it scored 95 % of 7,000 leads (94 to 95 %), 95 % is needed; more leads alone will hardly decide it.",
        ),
        row(
            Canary,
            DataCoverage,
            |e, _| (e.challenger.recent.as_mut().unwrap().leads, e.challenger.recent.as_mut().unwrap().scored) = (99, 99),
            InsufficientData,
            "Not enough data: 99 leads came, 100 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            DataCoverage,
            |e, _| e.challenger.recent = None,
            InsufficientData,
            "Not enough data: no traffic of the last seven days is known.",
        ),
    ]);
}
