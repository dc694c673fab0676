//! Numbers given as arguments.

/// A finite number: a comparison with NaN would be false for every lead.
pub fn finite(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        _ => Err("expected a finite number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_refused() {
        assert_eq!((finite("0.5"), finite(" -3 ")), (Ok(0.5), Ok(-3.0)));
        for bad in ["NaN", "inf", "-infinity", "", "half"] {
            assert!(finite(bad).is_err(), "{bad}");
        }
    }
}
