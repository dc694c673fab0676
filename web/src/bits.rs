//! Whether two numbers are the same number: compared as bits, shown as hex.

/// The bits of `x` as four groups of four hex digits, most significant first, such as `["3fe7", "5c28", "f5c2", "8f5c"]`.
pub fn groups(x: f64) -> [String; 4] {
    let bits = x.to_bits();
    [48, 32, 16, 0].map(|shift| format!("{:04x}", (bits >> shift) & 0xffff))
}

/// What a comparison of two numbers found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// All 64 bits are equal.
    Same,
    /// Some bits differ.
    Different {
        /// How many representable numbers lie between the two, plus one; NaN is compared by its bits alone.
        ulps: u64,
    },
}

impl Agreement {
    /// Compares the bits of `a` and `b`. `0.0` and `-0.0` differ; a NaN equals a NaN of the same bits.
    pub fn of(a: f64, b: f64) -> Agreement {
        if a.to_bits() == b.to_bits() {
            return Agreement::Same;
        }
        Agreement::Different { ulps: ordinal(a).abs_diff(ordinal(b)).max(1) }
    }

    /// Whether all bits are equal.
    pub fn is_same(self) -> bool {
        self == Agreement::Same
    }
}

/// The position of `x` among all f64, in order of size; both zeros are 0.
fn ordinal(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_shown_most_significant_first() {
        assert_eq!(groups(1.0), ["3ff0", "0000", "0000", "0000"]);
        assert_eq!(groups(-0.1).concat(), "bfb999999999999a");
    }

    #[test]
    fn only_equal_bits_are_the_same() {
        let next = f64::from_bits(0.3f64.to_bits() + 1);
        for (a, b, expected) in [
            (0.3, 0.3, Agreement::Same),
            (f64::NAN, f64::NAN, Agreement::Same),
            (0.3, next, Agreement::Different { ulps: 1 }),
            (0.0, -0.0, Agreement::Different { ulps: 1 }),
            (-f64::from_bits(1), f64::from_bits(2), Agreement::Different { ulps: 3 }),
            (0.1 + 0.2, 0.3, Agreement::Different { ulps: 1 }),
        ] {
            assert_eq!(Agreement::of(a, b), expected, "{a} and {b}");
            assert_eq!(Agreement::of(b, a), expected, "{b} and {a}");
        }
    }
}
