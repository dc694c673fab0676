//! What a day's leads came to in sales: sums that add up over days and shards.

use plumbline_core::metric::Pairs;
use serde::{Deserialize, Serialize};

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
}

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
        let one = Business { leads: 3, converted: 2, deals: 1, deal_sum: 5.0, pairs: Some(pairs), ..Business::default() };
        let mut both = Business::default();
        both.merge(&one);
        both.merge(&one);
        assert_eq!((both.leads, both.deal_sum, both.pairs.unwrap().leads()), (6, 10.0, 6));
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Business>(&text).unwrap(), both);
    }
}
