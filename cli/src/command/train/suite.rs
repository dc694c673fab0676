//! Leads judged by a suite of expectations before a model is trained on them.

use plumbline_core::quality::{Detail, ResultFormat, Severity, Suite, Validation};
use plumbline_core::table::Kind;

use super::input::DataSource;
use crate::Failure;
use crate::output::Interrupt;
use crate::report::train::TrainWarning;
use crate::table::batches::Table;

/// Expectations that a message lists.
const LISTED: usize = 3;

/// Checks the leads of `input` by `suite`, but for expectations of the columns `hidden`. The warning names what is not met and is not critical.
///
/// # Errors
/// A critical expectation is not met, or the leads cannot be read.
pub(super) fn judge(
    suite: &Suite,
    input: &DataSource,
    hidden: &[String],
    interrupt: &Interrupt,
) -> Result<Option<TrainWarning>, Failure> {
    let mut table = Table::open(std::slice::from_ref(&input.file), interrupt)?;
    let format = ResultFormat::of(Detail::Basic);
    let start = |names: &[String], kinds: &[Kind]| Validation::new(suite, names, kinds, &format);
    let take = |validation: &mut Validation<'_>, rows: usize, columns: &[_]| validation.push_rows(rows, columns);
    let report = table.all(Some(&suite.columns()), start, take)?.finish();
    let [mut critical, mut others] = [const { Vec::new() }; 2];
    for outcome in report.outcomes.iter().filter(|outcome| !outcome.success) {
        let Some(expectation) = suite.expectations().get(outcome.index) else { continue };
        if expectation.columns().iter().any(|column| hidden.contains(column)) {
            continue;
        }
        let missed = if expectation.severity == Severity::Critical { &mut critical } else { &mut others };
        missed.push(expectation.words());
    }
    let listed = |missed: &[String]| {
        let more = missed.len().saturating_sub(LISTED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{}{more}", missed.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; "))
    };
    if !critical.is_empty() {
        let message = format!(
            "leads are not as expected, so no model was trained on them. Critical expectations of the suite {} that are not met: {} ({}). Mend \
             the data, or change the suite (plumbline quality --suite S.json FILE shows each value)",
            suite.name,
            critical.len(),
            listed(&critical)
        );
        let place = input.place.clone().unwrap_or_else(|| input.file.display().to_string());
        return Err(Failure::input(place, "TRAIN_SUITE", message));
    }
    let message = || format!("expectations of the suite {} that are not met: {} ({})", suite.name, others.len(), listed(&others));
    Ok((!others.is_empty()).then(|| TrainWarning { code: "TRAIN_SUITE_WARNING", column: None, message: message() }))
}
