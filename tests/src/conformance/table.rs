//! Reference tables: CSV of decimals, read with a correctly rounded parser.

use std::path::Path;

/// A table of numbers with named columns.
pub(super) struct Table {
    pub names: Vec<String>,
    pub rows: Vec<Vec<f64>>,
}

impl Table {
    /// Reads `path`, without its column `skip`.
    pub fn read(path: &Path, skip: &str) -> Result<Table, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut lines = text.lines();
        let header: Vec<String> = lines.next().unwrap_or_default().split(',').map(|n| n.trim_matches('"').to_owned()).collect();
        let keep: Vec<usize> = (0..header.len()).filter(|i| header.get(*i).is_some_and(|n| n != skip)).collect();
        let mut rows = Vec::new();
        for (at, line) in lines.enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |i: &usize| cells.get(*i).and_then(|c| c.parse::<f64>().ok());
            let row: Option<Vec<f64>> = keep.iter().map(number).collect();
            rows.push(row.ok_or_else(|| format!("{}: line {} is no row of numbers", path.display(), at + 2))?);
        }
        Ok(Table { names: keep.iter().filter_map(|i| header.get(*i).cloned()).collect(), rows })
    }
}
