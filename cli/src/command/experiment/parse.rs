//! Numbers as people write them in arguments.

use plumbline_core::experiment::Arm;
use plumbline_core::stats::level::Level;

pub use crate::table::account::part;

/// `5%` or `0.05`, as a rate of false alarms.
pub fn level(text: &str) -> Result<Level, String> {
    Level::new(part(text)?).map_err(|e| e.to_string())
}

/// `control=50`.
pub fn weight(text: &str) -> Result<(String, f64), String> {
    let parts = text.split_once('=').and_then(|(arm, weight)| Some((arm.trim().to_owned(), part(weight).ok()?)));
    parts.ok_or_else(|| "expected an arm and its weight, such as control=50".to_owned())
}

/// An arm of the settings.
pub fn arm(name: &str, weight: f64) -> Arm {
    Arm { name: name.to_owned(), weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbers_or_percents() {
        assert_eq!((part("5%"), part("0.05"), part("-2 %")), (Ok(0.05), Ok(0.05), Ok(-0.02)));
        for bad in ["", "%", "five", "NaN", "inf%"] {
            assert!(part(bad).is_err(), "{bad}");
        }
        assert!(level("60%").is_err() && level("5%").is_ok());
        assert_eq!(weight("a b=50%"), Ok(("a b".to_owned(), 0.5)));
        assert!(weight("a").is_err() && weight("a=x").is_err());
    }
}
