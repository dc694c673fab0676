//! Contributions of a raw row's columns: all of them, or the strongest.

use plumbline_core::model::Model;
use plumbline_core::{Scorer, Workspace};

use super::Explain;
use crate::Failure;
use crate::output::Datum;

/// Explains rows of one model.
pub struct Contributions<'a> {
    scorer: &'a Scorer,
    model: &'a Model,
    explain: Explain,
    work: Workspace,
    /// Columns of the explained output, strongest first.
    order: Vec<usize>,
}

impl<'a> Contributions<'a> {
    /// Explains with `scorer`, if its model can be explained.
    pub fn new(scorer: &'a Scorer, explain: Explain) -> Result<Contributions<'a>, Failure> {
        let (model, mut work) = (scorer.bundle().model(), Workspace::default());
        let missing = vec![f64::NAN; model.columns.len()];
        if scorer.contributions(&missing, &mut work).is_none() {
            let message = "this kind of model (linear leaves) cannot be explained exactly; remove --explain";
            return Err(Failure::usage("EXPLAIN_UNSUPPORTED", message));
        }
        Ok(Contributions { scorer, model, explain, work, order: Vec::new() })
    }

    /// Names of the columns [`Contributions::of`] fills.
    pub fn names(&self) -> Vec<String> {
        let columns = self.model.columns.iter().map(|c| format!("shap_{}", c.name)).chain(["bias".to_owned()]);
        match self.explain {
            Explain::Strongest(n) => (1..=n).flat_map(|i| [format!("reason{i}"), format!("contribution{i}")]).collect(),
            Explain::All if self.model.outputs == 1 => columns.collect(),
            Explain::All => (0..self.model.outputs).flat_map(|k| columns.clone().map(move |c| format!("k{k}_{c}"))).collect(),
        }
    }

    /// The contributions of `row`: all, or the strongest for its greatest margin.
    pub fn of(&mut self, row: &[f64], margins: &[f64]) -> Vec<Datum<'a>> {
        let all = self.scorer.contributions(row, &mut self.work).unwrap_or_default();
        let Explain::Strongest(n) = self.explain else {
            return all.iter().map(|x| Datum::Real(*x)).collect();
        };
        let greatest = margins.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(k, _)| k);
        let width = self.model.columns.len() + 1;
        let values = all.chunks(width).nth(greatest).unwrap_or_default();
        let strength = |i: &usize| values.get(*i).map_or(0.0, |x| x.abs());
        self.order.clear();
        self.order.extend((0..width - 1).filter(|i| strength(i) > 0.0));
        self.order.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
        let mut data = Vec::with_capacity(2 * n);
        for rank in 0..n {
            let place = self.order.get(rank);
            let column = place.and_then(|i| self.model.columns.get(*i)).map(|c| c.name.as_str());
            let value = place.and_then(|i| values.get(*i)).copied();
            data.push(column.map_or(Datum::Empty, Datum::Text));
            data.push(value.map_or(Datum::Empty, Datum::Real));
        }
        data
    }
}
