//! Times, roles and gates as sentences of a rollout write them.

use super::Gate;

/// `14:02:07`, the UTC time of day.
pub(crate) fn time_of_day(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `the ML lead` for `ml_lead`; other roles with spaces for underscores.
pub(crate) fn role(role: &str) -> String {
    match role {
        "ml_lead" => "the ML lead".to_owned(),
        "mlops_engineer" => "the MLOps engineer".to_owned(),
        other => format!("the {}", other.replace('_', " ")),
    }
}

/// The text with its first letter in upper case, to begin a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `the ML lead's approval`.
pub(crate) fn approval_of(name: &str) -> String {
    format!("{}'s approval", role(name))
}

/// What the gate counts, in the plural.
pub(crate) fn counted(gate: Gate) -> &'static str {
    match gate {
        Gate::PerfPrecision | Gate::RelPrecision => "called leads",
        Gate::PerfRecall | Gate::RelRecall => "leads that bought",
        Gate::PerfAuc | Gate::PerfCalibration | Gate::RelAuc | Gate::RelCalibration | Gate::AbConversion => {
            "leads with an outcome"
        }
        Gate::SysLatency | Gate::SysThroughput | Gate::SysErrors | Gate::SysMemory | Gate::RelLatency | Gate::RelErrors => {
            "requests"
        }
        Gate::FbSales => "votes",
        Gate::AbSatisfaction => "ratings",
        Gate::AbDealSize | Gate::AbCycle => "won deals",
        Gate::GovDays => "days",
        Gate::GovIncidents => "incidents",
        Gate::DataDrift
        | Gate::DataMissing
        | Gate::DataCategories
        | Gate::DataSuite
        | Gate::DataCoverage
        | Gate::RelCoverage
        | Gate::AbSampleRatio
        | Gate::AbAttention
        | Gate::AbSegments => "leads",
    }
}

/// `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `7 days`, `1 day`.
pub(crate) fn days(n: u32) -> String {
    if n == 1 { "1 day".to_owned() } else { format!("{n} days") }
}

/// `10 %` for 1,000 basis points.
pub(crate) fn share(bp: u32) -> String {
    format!("{} %", crate::experiment::words::rounded(f64::from(bp) / 100.0, 3))
}

/// What the gate judges, in the middle of a sentence.
pub(crate) fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::SysLatency => "speed",
        Gate::SysThroughput => "requests a second",
        Gate::SysErrors => "failed requests",
        Gate::SysMemory => "memory",
        Gate::PerfAuc => "AUC",
        Gate::PerfPrecision => "precision",
        Gate::PerfRecall => "recall",
        Gate::PerfCalibration => "calibration",
        Gate::DataDrift => "drift of the leads' fields",
        Gate::DataMissing => "missing values",
        Gate::DataCategories => "values that training did not have",
        Gate::DataSuite => "the data's critical expectations",
        Gate::DataCoverage => "share of leads scored",
        Gate::RelAuc => "AUC against today's model",
        Gate::RelCoverage => "share of leads scored against today's model",
        Gate::RelPrecision => "precision against today's model",
        Gate::RelRecall => "recall against today's model",
        Gate::RelCalibration => "calibration against today's model",
        Gate::RelLatency => "speed against today's model",
        Gate::RelErrors => "failed requests against today's model",
        Gate::FbSales => "what sales reports",
        Gate::AbSampleRatio => "leads per arm",
        Gate::AbConversion => "conversion",
        Gate::AbDealSize => "deal size",
        Gate::AbCycle => "sales cycle",
        Gate::AbSatisfaction => "ratings by sales",
        Gate::AbAttention => "share of leads called hot",
        Gate::AbSegments => "segments that fare worse",
        Gate::GovDays => "days logged",
        Gate::GovIncidents => "red incidents",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_roles_and_lists_read_as_people_write_them() {
        assert_eq!(time_of_day(51_727_000), "14:22:07");
        assert_eq!((role("ml_lead"), role("product_manager")), ("the ML lead".to_owned(), "the product manager".to_owned()));
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!((list(&items[..1]), list(&items)), ("a".to_owned(), "a, b and c".to_owned()));
    }
}
