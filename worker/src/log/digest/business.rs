//! What a day's leads came to in sales: sums that add up over days and shards.

use std::collections::{BTreeMap, BTreeSet};

use plumbline_core::experiment::OTHER_VALUES;
use plumbline_core::metric::Pairs;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the leads of a window came to in sales. Two of them add up field by field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Business {
    /// Leads with an outcome.
    pub leads: u64,
    /// Of those, the ones that converted in time.
    pub converted: u64,
    /// Of those, the ones lost so far.
    pub lost: u64,
    /// Deals won so far whose value is known.
    pub deals: u64,
    /// Sum of their values.
    pub deal_sum: f64,
    /// Sum of the squares of their values.
    pub deal_squares: f64,
    /// Deals with a known beginning that ended, won or lost.
    pub cycles: u64,
    /// Days from their beginning to their end, in all.
    pub cycle_days: f64,
    /// Deals that are still open.
    pub open_deals: u64,
    /// Only where both versions of a rollout scored every lead of the window: leads by whether each version called them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs: Option<Pairs>,
    /// By field and value of the leads' segments: leads and those that converted. Not where `pairs` are: the same leads are counted there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub segments: BTreeMap<String, BTreeMap<String, [u64; 2]>>,
}

/// The most values of a segment that are counted each; further ones are counted together as [`OTHER_VALUES`].
const MOST_VALUES: usize = 50;

impl Business {
    /// Adds what `other` counted.
    pub fn merge(&mut self, other: &Business) {
        self.leads += other.leads;
        self.converted += other.converted;
        self.lost += other.lost;
        self.deals += other.deals;
        self.deal_sum += other.deal_sum;
        self.deal_squares += other.deal_squares;
        self.cycles += other.cycles;
        self.cycle_days += other.cycle_days;
        self.open_deals += other.open_deals;
        if let Some(pairs) = &other.pairs {
            self.pairs.get_or_insert_default().merge(pairs);
        }
        for (field, values) in &other.segments {
            for (value, [leads, converted]) in values {
                let count = self.count_of(field, value);
                *count = [count[0] + leads, count[1] + converted];
            }
        }
    }

    /// Takes out what `was` counted and puts in what `is` counted, sums of some of the same leads. False: it does not hold what `was` counted.
    pub(super) fn exchange(&mut self, was: &Business, is: &Business) -> bool {
        let mut fits = true;
        let mut count = |sum: &mut u64, was: u64, is: u64| {
            fits &= *sum >= was;
            *sum = sum.saturating_sub(was) + is;
        };
        count(&mut self.leads, was.leads, is.leads);
        count(&mut self.converted, was.converted, is.converted);
        count(&mut self.lost, was.lost, is.lost);
        count(&mut self.deals, was.deals, is.deals);
        count(&mut self.cycles, was.cycles, is.cycles);
        count(&mut self.open_deals, was.open_deals, is.open_deals);
        let named = was.segments.iter().chain(&is.segments);
        let named: BTreeSet<(&String, &String)> =
            named.flat_map(|(field, values)| values.keys().map(move |v| (field, v))).collect();
        for (field, value) in named {
            let of = |sums: &Business| sums.segments.get(field).and_then(|values| values.get(value)).copied().unwrap_or_default();
            let ([was_leads, was_converted], [is_leads, is_converted]) = (of(was), of(is));
            let [leads, converted] = self.count_of(field, value);
            count(leads, was_leads, is_leads);
            count(converted, was_converted, is_converted);
        }
        let real = |sum: &mut f64, was: f64, is: f64| *sum += is - was;
        real(&mut self.deal_sum, was.deal_sum, is.deal_sum);
        real(&mut self.deal_squares, was.deal_squares, is.deal_squares);
        real(&mut self.cycle_days, was.cycle_days, is.cycle_days);
        let none = Pairs::default();
        let (before, now) = (was.pairs.as_ref().unwrap_or(&none), is.pairs.as_ref().unwrap_or(&none));
        match &mut self.pairs {
            Some(pairs) => fits &= pairs.exchange(before, now),
            None => fits &= was.pairs.is_none() && is.pairs.is_none(),
        }
        fits
    }

    /// Counts a lead by its value of a segment.
    pub(super) fn segment(&mut self, field: &str, value: &Value, converted: bool) {
        let count = match value {
            Value::Null => return,
            Value::String(text) => self.count_of(field, text),
            other => self.count_of(field, &other.to_string()),
        };
        *count = [count[0] + 1, count[1] + u64::from(converted)];
    }

    fn count_of(&mut self, field: &str, value: &str) -> &mut [u64; 2] {
        let values = self.segments.entry(field.to_owned()).or_default();
        let named = values.len() - usize::from(values.contains_key(OTHER_VALUES));
        let is_known = values.contains_key(value) || named < MOST_VALUES;
        values.entry(if is_known { value } else { OTHER_VALUES }.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_add_up_and_are_read_again() {
        let mut pairs = Pairs::default();
        pairs.add(true, false, true, 2);
        pairs.add(false, true, false, 1);
        let mut one = Business { leads: 3, converted: 2, deals: 1, deal_sum: 5.0, pairs: Some(pairs), ..Business::default() };
        (0..60).for_each(|i| one.segment("source", &Value::from(format!("s{i}")), i < 30));
        one.segment("source", &Value::Null, true);
        let mut both = Business::default();
        both.merge(&one);
        both.merge(&one);
        assert_eq!((both.leads, both.deal_sum, both.pairs.unwrap().leads()), (6, 10.0, 6));
        assert_eq!((both.segments["source"]["s0"], both.segments["source"][OTHER_VALUES]), ([2, 2], [20, 0]));
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Business>(&text).unwrap(), both);
    }
}
