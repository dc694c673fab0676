//! The data quality suite of the settings, which checks each lead before it is scored.
//!
//! Hosts have it by the feature `quality`, the edge and the native one both: it brings an engine for regular expressions, which a
//! smaller build can do without. There a suite in the settings is refused, never ignored.

use std::sync::Arc;

use plumbline_core::ScoreError;

/// The suite's verdict on one lead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Check {
    /// Why it is not scored.
    pub refused: Option<ScoreError>,
    /// What is sent with its score: a JSON array of `{expectation, fields, detail}`.
    pub flags: Option<Arc<str>>,
}

#[cfg(feature = "quality")]
mod suite {
    use plumbline_core::lead::Slots;
    use plumbline_core::quality::{self, Suite};
    use plumbline_core::{ScoreError, Scorer};
    use serde_json::{Value as Json, json};

    use super::Check;
    use crate::error::ServiceError;

    /// A suite for the leads of one model.
    #[derive(Debug)]
    pub(crate) struct Gate(quality::Gate);

    impl Gate {
        /// The part of `suite` that leads of `scorer` can answer, and a note for each expectation that they cannot.
        ///
        /// # Errors
        /// Everything wrong with the suite.
        pub(crate) fn compile(suite: &serde_json::Value, scorer: &Scorer) -> Result<(Gate, Vec<String>), ServiceError> {
            let suite = Suite::read(&suite.to_string()).map_err(|errors| ServiceError::Suite(errors.to_string()))?;
            let (gate, notes) = quality::Gate::new(suite, scorer);
            Ok((Gate(gate), notes))
        }

        /// The suite's verdict on the lead that the model's reader has read into `slots`.
        pub(crate) fn check(&self, slots: &Slots) -> Check {
            let verdict = self.0.check(slots);
            Check {
                refused: (!verdict.is_accepted()).then(|| ScoreError::from(verdict.problems())),
                flags: verdict.flags().map(|flags| shortened(flags).to_string().into()),
            }
        }
    }

    /// Flags of one lead have at most so many bytes: each row of the log that is made of the lead repeats them.
    const FLAG_BYTES: usize = 8 << 10;

    /// `flags`, without the last of them where all together are too long; then the last one says how many there are more.
    fn shortened(mut flags: Json) -> Json {
        let Some(list) = flags.as_array_mut() else { return flags };
        let (mut bytes, all) = (0, list.len());
        let fits = |flag: &&Json| {
            bytes += flag.to_string().len() + 1;
            bytes <= FLAG_BYTES
        };
        let kept = list.iter().take_while(fits).count();
        if kept < all {
            list.truncate(kept);
            let detail = format!("{} more flags are not listed", all - kept);
            list.push(json!({ "expectation": "", "fields": [], "detail": detail }));
        }
        flags
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn flags_of_a_lead_are_bounded() {
            let flag = |detail: &str| json!({ "expectation": "expect_x", "fields": ["a"], "detail": detail });
            let few = json!([flag("a"), flag("b")]);
            assert_eq!(shortened(few.clone()), few);
            let long = shortened(Json::from(vec![flag(&"y".repeat(1000)); 100]));
            assert!(long.to_string().len() < FLAG_BYTES + 200);
            let list = long.as_array().unwrap();
            let last = list.last().unwrap()["detail"].as_str().unwrap();
            assert_eq!(last, format!("{} more flags are not listed", 100 - (list.len() - 1)));
        }
    }
}

#[cfg(not(feature = "quality"))]
mod suite {
    use plumbline_core::Scorer;
    use plumbline_core::lead::Slots;

    use super::Check;
    use crate::error::ServiceError;

    /// There is none in this build.
    #[derive(Debug)]
    pub(crate) enum Gate {}

    impl Gate {
        pub(crate) fn compile(_: &serde_json::Value, _: &Scorer) -> Result<(Gate, Vec<String>), ServiceError> {
            Err(ServiceError::Suite("this host was built without data quality".to_owned()))
        }

        pub(crate) fn check(&self, _: &Slots) -> Check {
            match *self {}
        }
    }
}

pub(crate) use suite::Gate;

#[cfg(test)]
#[cfg(feature = "quality")]
mod tests {
    use plumbline_core::route::{AllocationSettings, Arm};
    use serde_json::json;

    use crate::sample::{NOW, ask_of, json as body_of, model_of};
    use crate::{Journal, Service, ServiceError, Settings};

    /// Visits at most 10 or refused, a known plan or flagged.
    fn suite() -> serde_json::Value {
        json!({ "name": "leads", "expectations": [
            { "type": "expect_column_values_to_be_between", "kwargs": { "column": "visits", "max_value": 10 }, "severity": "critical" },
            { "type": "expect_column_values_to_not_be_null", "kwargs": { "column": "plan" }, "severity": "warning" },
            { "type": "expect_column_values_to_not_be_null", "kwargs": { "column": "converted" }, "severity": "critical" },
            { "type": "expect_column_values_to_be_unique", "kwargs": { "column": "lead_id" }, "severity": "critical" },
        ] })
    }

    fn service(settings: Settings) -> Service {
        Service::new(Settings { suite: Some(suite()), ..settings }, vec![model_of("1", 0.5), model_of("2", 1.0)], "test").unwrap()
    }

    const LEADS: &str = r#"[{"lead_id":"a","visits":1,"plan":"free"},{"lead_id":"b","visits":11,"plan":"free"},{"lead_id":"c","visits":2},{"visits":{}}]"#;

    #[test]
    fn a_critical_miss_refuses_one_lead_and_a_warning_flags_one() {
        let service = service(Settings::default());
        let answer = ask_of(&service, "POST /v1/score", &[], LEADS);
        let scores = body_of(&answer)["scores"].as_array().unwrap().clone();
        assert!(scores[0]["probability"].is_f64() && scores[0].get("flags").is_none(), "{}", scores[0]);
        let problem = &scores[1]["error"];
        assert_eq!((problem["code"].as_str(), problem["errors"][0]["field"].as_str()), (Some("LEAD_QUALITY"), Some("visits")));
        assert!(problem["detail"].as_str().unwrap().starts_with("visits is 11"), "{problem}");
        assert!(scores[2]["probability"].is_f64());
        assert_eq!(scores[2]["flags"][0]["fields"], json!(["plan"]));
        assert_eq!(scores[3]["error"]["code"], "LEAD_WRONG_TYPE");
        let logged: Vec<_> = answer.effects.predictions.iter().map(|p| (p.status.http(), p.code, p.flags.is_some())).collect();
        assert_eq!(
            logged,
            [(200, None, false), (422, Some("LEAD_QUALITY"), false), (200, None, true), (422, Some("LEAD_WRONG_TYPE"), false)]
        );
        let mut journal = Journal::new(service.settings(), "x");
        journal.push(NOW, &answer.effects);
        let rows: Vec<Vec<serde_json::Value>> =
            serde_json::from_str(journal.flush()[0].text.split_once('\n').unwrap().1).unwrap();
        let flags: serde_json::Value = serde_json::from_str(rows[2][17].as_str().unwrap()).unwrap();
        assert_eq!((&flags, &rows[0][17]), (&scores[2]["flags"], &serde_json::Value::Null));
        assert_eq!(flags[0]["detail"], "plan is missing");
    }

    #[test]
    fn one_lead_alone_is_a_problem_document() {
        let answer = ask_of(&service(Settings::default()), "POST /v1/score", &[], r#"{"visits":99,"plan":"paid"}"#);
        assert_eq!((answer.response.status, body_of(&answer)["code"].as_str()), (422, Some("LEAD_QUALITY")));
        let flagged = ask_of(&service(Settings::default()), "POST /v1/score", &[], r#"{"visits":9}"#);
        assert_eq!((flagged.response.status, body_of(&flagged)["flags"].as_array().map(Vec::len)), (200, Some(1)));
    }

    #[test]
    fn variants_and_shadows_are_asked_alike() {
        let allocation = AllocationSettings { experiment: "e".into(), ..AllocationSettings::champion_only("1") };
        let arm = Arm { variant: "2".into(), share_bp: 10_000, room_bp: None };
        let shadow = AllocationSettings { shadow: vec!["2".into()], ..allocation.clone() };
        let allocation = AllocationSettings { arm: vec![arm], ..allocation };
        for (allocation, rows) in [(allocation, 4), (shadow, 8)] {
            let service = service(Settings { allocation: Some(allocation), ..Settings::default() });
            let answer = ask_of(&service, "POST /v1/score", &[], LEADS);
            let scores = body_of(&answer)["scores"].as_array().unwrap().clone();
            assert_eq!(scores[1]["error"]["code"], "LEAD_QUALITY");
            assert_eq!(scores[2]["flags"][0]["fields"], json!(["plan"]));
            assert_eq!(answer.effects.predictions.len(), rows);
            for row in answer.effects.predictions.iter().filter(|row| row.position == 1) {
                assert_eq!((row.status.http(), row.margin), (422, None), "{row:?}");
            }
        }
    }

    #[test]
    fn other_routes_ask_too() {
        let body = r#"{"dataframe_records":[{"visits":99,"plan":"paid"}]}"#;
        let answer = ask_of(&service(Settings::default()), "POST /invocations", &[("content-type", "application/json")], body);
        assert_eq!(
            (answer.effects.predictions[0].status.http(), answer.effects.predictions[0].code),
            (422, Some("LEAD_QUALITY")),
            "{answer:?}"
        );
    }

    #[test]
    fn what_leads_cannot_answer_is_told_and_a_wrong_suite_refused() {
        let service = service(Settings::default());
        assert_eq!(service.notes().len(), 2, "{:?}", service.notes());
        assert!(service.notes()[0].contains("expectations[2]") && service.notes()[0].contains("converted"));
        let wrong = json!({ "expectations": [{ "type": "expect_nothing", "kwargs": {} }] });
        let made = Service::new(Settings { suite: Some(wrong), ..Settings::default() }, vec![model_of("1", 0.5)], "test");
        let error: ServiceError = made.unwrap_err();
        assert!(error.code() == "SERVICE_SUITE" && error.to_string().contains("expectations[0]"), "{error}");
    }
}

#[cfg(test)]
#[cfg(not(feature = "quality"))]
mod tests {
    #[test]
    fn a_host_without_suites_refuses_one() {
        let settings = crate::Settings { suite: Some(serde_json::json!({ "expectations": [] })), ..crate::Settings::default() };
        let error = crate::Service::new(settings, vec![crate::sample::model()], "test").unwrap_err();
        assert_eq!(error.code(), "SERVICE_SUITE");
    }
}
