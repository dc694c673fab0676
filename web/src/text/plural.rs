//! Plural categories, as Unicode's language rules name them.

/// Of languages with one form for 1 and one for the rest, as English and German.
pub fn two(n: u64) -> &'static str {
    if n == 1 { "one" } else { "other" }
}

/// Of Arabic.
pub fn arabic(n: u64) -> &'static str {
    match (n, n % 100) {
        (0, _) => "zero",
        (1, _) => "one",
        (2, _) => "two",
        (_, 3..=10) => "few",
        (_, 11..) => "many",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_has_six_forms() {
        let forms = [0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111].map(arabic);
        let expected = ["zero", "one", "two", "few", "few", "many", "many", "other", "other", "few", "many"];
        assert_eq!(forms, expected);
    }
}
