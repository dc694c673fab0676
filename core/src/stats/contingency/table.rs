//! A table of any size.

use serde::Serialize;

use crate::math;
use crate::stats::chi_square;
use crate::stats::error::StatsError;

/// Counts by row and column, none of which is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Vec<u64>>,
    row_totals: Vec<u64>,
    column_totals: Vec<u64>,
    total: u64,
}

/// A test of independence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Independence {
    /// The statistic.
    pub statistic: f64,
    /// (rows − 1)(columns − 1).
    pub freedom: u64,
    /// From the upper tail of χ².
    pub p_value: f64,
}

impl Table {
    /// The table with these rows.
    ///
    /// # Errors
    /// Rows of different length; fewer than two rows or columns, or one without a lead.
    pub fn new<R: AsRef<[u64]>>(rows: &[R]) -> Result<Table, StatsError> {
        let rows: Vec<Vec<u64>> = rows.iter().map(|row| row.as_ref().to_vec()).collect();
        let columns = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != columns) {
            return Err(StatsError::LengthMismatch { what: "a row of the table", found: row.len(), expected: columns });
        }
        StatsError::unless_enough(rows.len() as u64, 2, "rows in the table")?;
        StatsError::unless_enough(columns as u64, 2, "columns in the table")?;
        let row_totals: Vec<u64> = rows.iter().map(|row| row.iter().sum()).collect();
        let mut column_totals = vec![0; columns];
        for row in &rows {
            column_totals.iter_mut().zip(row).for_each(|(total, count)| *total += count);
        }
        let least = row_totals.iter().chain(&column_totals).copied().min().unwrap_or_default();
        StatsError::unless_enough(least, 1, "leads in a row or column of the table")?;
        let total = row_totals.iter().sum();
        Ok(Table { rows, row_totals, column_totals, total })
    }

    /// What each cell would hold if rows and columns had nothing to do with each other, row by row.
    pub fn expected(&self) -> Vec<Vec<f64>> {
        let cell = |row: u64, column: u64| row as f64 * column as f64 / self.total as f64;
        self.row_totals.iter().map(|row| self.column_totals.iter().map(|column| cell(*row, *column)).collect()).collect()
    }

    /// Pearson's chi-square test.
    ///
    /// # Formula
    /// Σ (observed − expected)² / expected
    ///
    /// # Source
    /// Pearson (1900); `scipy.stats.chi2_contingency` 1.17 with `correction=False`.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::stats::contingency::Table;
    /// let test = Table::new(&[[30, 70], [45, 55]])?.chi_square();
    /// assert!((test.statistic - 4.8).abs() < 1e-12 && (test.p_value / 0.028459736916310638 - 1.0).abs() < 1e-12);
    /// # Ok::<(), plumbline_core::stats::error::StatsError>(())
    /// ```
    pub fn chi_square(&self) -> Independence {
        self.judge(|observed, expected| (observed - expected) * (observed - expected) / expected)
    }

    /// The chi-square test with Yates's continuity correction, which moves each count of a 2 × 2 table by up to ½ towards its
    /// expectation; a larger table is tested without.
    ///
    /// # Source
    /// Yates (1934); `scipy.stats.chi2_contingency` 1.17.
    pub fn chi_square_corrected(&self) -> Independence {
        let most = if self.freedom() == 1 { 0.5 } else { 0.0 };
        self.judge(|observed, expected| {
            let off = (observed - expected).abs();
            let off = off - off.min(most);
            off * off / expected
        })
    }

    /// The likelihood-ratio test.
    ///
    /// # Formula
    /// G = 2 Σ observed · ln(observed / expected)
    ///
    /// # Source
    /// Wilks (1938); `scipy.stats.chi2_contingency(lambda_="log-likelihood", correction=False)` 1.17.
    pub fn g_test(&self) -> Independence {
        self.judge(|observed, expected| if observed > 0.0 { 2.0 * observed * math::ln(observed / expected) } else { 0.0 })
    }

    /// How strongly rows and columns are associated: 0 not at all, 1 completely.
    ///
    /// # Formula
    /// √(χ² / (n · (min(rows, columns) − 1)))
    ///
    /// # Source
    /// Cramér (1946); `scipy.stats.contingency.association` 1.17.
    pub fn cramers_v(&self) -> f64 {
        let least = self.row_totals.len().min(self.column_totals.len()) as f64 - 1.0;
        (self.chi_square().statistic / (self.total as f64 * least)).sqrt()
    }

    fn freedom(&self) -> u64 {
        (self.row_totals.len() as u64 - 1) * (self.column_totals.len() as u64 - 1)
    }

    fn judge(&self, part: impl Fn(f64, f64) -> f64) -> Independence {
        let expected = self.expected();
        let cells = self.rows.iter().flatten().zip(expected.iter().flatten());
        let statistic: f64 = cells.map(|(observed, expected)| part(*observed as f64, *expected)).sum();
        let (statistic, freedom) = (statistic.max(0.0), self.freedom());
        Independence { statistic, freedom, p_value: chi_square::sf(statistic, freedom as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_tell_nothing_are_refused() {
        let code = |rows: &[Vec<u64>]| Table::new(rows).unwrap_err().code();
        assert_eq!(code(&[]), "INSUFFICIENT_DATA");
        assert_eq!(code(&[vec![1, 2]]), "INSUFFICIENT_DATA");
        assert_eq!(code(&[vec![1], vec![2]]), "INSUFFICIENT_DATA");
        assert_eq!(code(&[vec![0, 0], vec![5, 8]]), "INSUFFICIENT_DATA");
        assert_eq!(code(&[vec![0, 3], vec![0, 8]]), "INSUFFICIENT_DATA");
        assert_eq!(code(&[vec![1, 3], vec![8]]), "LENGTH_MISMATCH");
    }

    #[test]
    fn independent_counts_have_no_statistic_and_huge_ones_do_not_overflow() {
        let even = Table::new(&[[10, 20], [30, 60]]).unwrap();
        assert_eq!((even.chi_square().statistic, even.chi_square().p_value, even.cramers_v()), (0.0, 1.0, 0.0));
        assert!(even.g_test().statistic < 1e-14);
        let huge = Table::new(&[[u64::MAX / 8, 1], [1, u64::MAX / 8]]).unwrap();
        assert!((huge.cramers_v() - 1.0).abs() < 1e-12 && huge.chi_square().p_value == 0.0);
    }
}
