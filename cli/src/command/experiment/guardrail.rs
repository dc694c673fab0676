//! `COLUMN[:down]:DEMAND` or `auc(SCORE,OUTCOME):DEMAND`: what must not suffer.

use plumbline_core::experiment::{Better, Demand, Guardrail, Kind, Metric};

use super::parse;

/// A guardrail and the column it is read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Rail {
    /// The column.
    pub column: String,
    /// Of an area: the column with the outcome.
    pub outcome: Option<String>,
    /// The guardrail.
    pub guardrail: Guardrail,
}

impl Rail {
    /// Reads `deal_size:2%`, `complaints:down:5%`, `satisfaction:>=8`, `auc(score,converted):>=0.87`. A column's name may hold colons.
    pub fn parse(text: &str) -> Result<Rail, String> {
        const WANTED: &str = "expected a column and a demand, such as deal_size:2%, complaints:down:5%, satisfaction:>=8 or auc(score,converted):>=0.87";
        let (name, demand) = text.rsplit_once(':').ok_or(WANTED)?;
        let (column, better) = match name.strip_suffix(":down") {
            Some(column) => (column, Better::Less),
            None => (name, Better::More),
        };
        let demand = match (demand.strip_prefix(">="), demand.strip_prefix("<=")) {
            (Some(bound), _) => Demand::AtLeast(parse::part(bound)?),
            (_, Some(bound)) => Demand::AtMost(parse::part(bound)?),
            _ => Demand::Margin(parse::part(demand)?),
        };
        if column.is_empty() {
            return Err(WANTED.to_owned());
        }
        let area = column.strip_prefix("auc(").and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.split_once(','));
        if let Some((score, outcome)) = area {
            let name = format!("AUC of {} on {}", score.trim(), outcome.trim());
            let metric = Metric { better, ..Metric::new(name, Kind::Auc) };
            let (column, outcome) = (score.trim().to_owned(), Some(outcome.trim().to_owned()));
            return Ok(Rail { column, outcome, guardrail: Guardrail { metric, demand } });
        }
        let metric = Metric { better, ..Metric::new(column, Kind::Mean) };
        Ok(Rail { column: column.to_owned(), outcome: None, guardrail: Guardrail { metric, demand } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guardrails_are_read() {
        for (text, column, better, demand) in [
            ("deal_size:2%", "deal_size", Better::More, Demand::Margin(0.02)),
            ("complaints:down:5%", "complaints", Better::Less, Demand::Margin(0.05)),
            ("satisfaction:>=8", "satisfaction", Better::More, Demand::AtLeast(8.0)),
            ("a:b:<=0.5", "a:b", Better::More, Demand::AtMost(0.5)),
        ] {
            let rail = Rail::parse(text).unwrap();
            assert_eq!((rail.column.as_str(), rail.guardrail.metric.better, rail.guardrail.demand), (column, better, demand));
        }
        let rail = Rail::parse("auc(score, converted):>=0.87").unwrap();
        assert_eq!((rail.column.as_str(), rail.outcome.as_deref()), ("score", Some("converted")));
        assert_eq!((rail.guardrail.metric.kind, rail.guardrail.demand), (Kind::Auc, Demand::AtLeast(0.87)));
        for bad in ["deal_size", ":2%", "deal_size:", "deal_size:>=x"] {
            assert!(Rail::parse(bad).is_err(), "{bad}");
        }
    }
}
