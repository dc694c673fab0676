//! Several files as one model: the average of models trained on parts of the data, as scikit-learn's
//! `CalibratedClassifierCV(ensemble=True)` predicts. Each file becomes an output; `Calibration::Average` puts them together.

use super::{ImportError, Imported};
use crate::model::{Body, Link, Model};

/// One model with an output per file. A single file is returned as it is.
///
/// # Errors
/// The files differ in their columns, categories, kind or link, or have several outputs themselves.
pub fn average(members: Vec<Imported>) -> Result<Imported, ImportError> {
    let mut members = members.into_iter();
    let mut whole = members.next().ok_or_else(|| ImportError::Members("an average needs at least one model".to_owned()))?;
    for (index, member) in members.enumerate() {
        let refused =
            |why: &str| Err(ImportError::Members(format!("model {} {why}, so it cannot be averaged with model 1", index + 2)));
        if whole.model.outputs != index as u32 + 1 || member.model.outputs != 1 || couples_outputs(&whole.model.link) {
            return refused("or model 1 has several outputs");
        }
        if whole.model.link != member.model.link {
            return refused("turns margins into probabilities in another way");
        }
        if !whole.model.columns.iter().map(|c| &c.name).eq(member.model.columns.iter().map(|c| &c.name)) {
            return refused("has other columns or the same in another order");
        }
        if whole.categories != member.categories {
            return refused("has other categories or the same in another order");
        }
        if !append(&mut whole.model, member.model) {
            return refused("is of another kind");
        }
        for doubt in member.doubts {
            if !whole.doubts.contains(&doubt) {
                whole.doubts.push(doubt);
            }
        }
        whole.codes_are_values &= member.codes_are_values;
        for note in member.notes {
            if !whole.notes.contains(&note) {
                whole.notes.push(note);
            }
        }
        // Rounds are chosen file by file, before.
        (whole.round_ends, whole.best_round) = (Vec::new(), None);
    }
    whole.model.validate()?;
    Ok(whole)
}

fn couples_outputs(link: &Link) -> bool {
    use crate::model::Averaged;
    matches!(link, Link::Softmax | Link::SoftmaxF32 | Link::Average { then: Averaged::Softmax, .. })
}

/// Adds the only output of `member` to `whole` as its last; false when they are of different kinds.
fn append(whole: &mut Model, member: Model) -> bool {
    let output = whole.outputs;
    match (&mut whole.body, member.body) {
        (Body::Trees(own), Body::Trees(other)) if own.arithmetic == other.arithmetic => {
            own.base.extend(other.base);
            own.trees.extend(other.trees.into_iter().map(|tree| crate::model::Tree { output, ..tree }));
        }
        (Body::Linear(own), Body::Linear(other)) if own.arithmetic == other.arithmetic && own.means == other.means => {
            own.base.extend(other.base);
            own.weights.extend(other.weights);
        }
        _ => return false,
    }
    for (own, other) in whole.columns.iter_mut().zip(member.columns) {
        own.categorical |= other.categorical;
    }
    whole.outputs += 1;
    true
}
