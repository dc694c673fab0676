//! Which leads may be judged: those whose outcome has had time to arrive.
//!
//! A lead that has not converted yet is not a lead that did not convert. Counting young leads makes every model look worse the
//! younger its leads are, and a challenger's leads are the youngest.

use crate::evidence::InsufficientData;

/// When an outcome is taken as final. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maturity {
    /// The age at which a lead without an outcome counts as not converted.
    pub after_ms: i64,
}

/// What is known of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// It converted.
    Converted,
    /// It was old enough and had not converted.
    NotConverted,
    /// Its outcome may still come: it counts nowhere.
    Open,
}

impl Maturity {
    /// The label of a lead that was scored at `scored_ms` and converted at `converted_ms`, if it did, as seen at `now_ms`.
    ///
    /// A lead counts from the moment it is `after_ms` old, converted or not: were conversions counted at once and the others later,
    /// young leads would all be conversions. A conversion after `after_ms` does not count: otherwise old leads would convert more often
    /// than young ones.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::metric::{Label, Maturity};
    /// let rule = Maturity { after_ms: 30 };
    /// assert_eq!(rule.label(0, Some(10), 29), Label::Open);
    /// assert_eq!(rule.label(0, Some(10), 30), Label::Converted);
    /// assert_eq!(rule.label(0, Some(31), 90), Label::NotConverted);
    /// ```
    pub fn label(&self, scored_ms: i64, converted_ms: Option<i64>, now_ms: i64) -> Label {
        if now_ms.saturating_sub(scored_ms) < self.after_ms {
            return Label::Open;
        }
        match converted_ms {
            Some(at) if at <= now_ms && at.saturating_sub(scored_ms) <= self.after_ms => Label::Converted,
            _ => Label::NotConverted,
        }
    }

    /// The shortest age, of those `delays_ms` from scoring to conversion, within which `part` of the conversions came. It looks only at
    /// conversions that happened, so take leads old enough that late ones are among them.
    ///
    /// # Errors
    /// [`InsufficientData`] with fewer than 20 conversions, or when `part` is not in (0, 1].
    pub fn covering(part: f64, delays_ms: &[i64]) -> Result<Maturity, InsufficientData> {
        InsufficientData::unless(u64::from(part > 0.0 && part <= 1.0), 1, "shares of conversions in (0, 1]")?;
        InsufficientData::unless(delays_ms.len() as u64, 20, "conversions")?;
        let mut sorted = delays_ms.to_vec();
        sorted.sort_unstable();
        let at = ((part * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
        Ok(Maturity { after_ms: sorted.get(at - 1).copied().unwrap_or_default().max(0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_leads_count_nowhere_and_old_ones_by_one_rule() {
        let rule = Maturity { after_ms: 100 };
        for (scored, converted, now, label) in [
            (0, None, 99, Label::Open),
            (0, None, 100, Label::NotConverted),
            (0, Some(100), 100, Label::Converted),
            (0, Some(101), 1000, Label::NotConverted),
            // What lies in the future of `now` has not happened.
            (0, Some(50), 10, Label::Open),
            (i64::MIN, None, i64::MAX, Label::NotConverted),
        ] {
            assert_eq!(rule.label(scored, converted, now), label, "{scored} {converted:?} {now}");
        }
    }

    #[test]
    fn the_age_that_covers_most_conversions() {
        let delays: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(Maturity::covering(0.95, &delays), Ok(Maturity { after_ms: 95 }));
        assert!(Maturity::covering(0.95, &delays[..19]).is_err() && Maturity::covering(0.0, &delays).is_err());
    }
}
