//! The usual causes of a difference, each a hypothesis that has to explain every row that is kept.

use super::scaling::Spread;
use super::{Given, Subject, fit, scaling};
use crate::model::{Body, Calibration, Ensemble, Link, Model, Scale};

pub(super) type Row = (Vec<f64>, Given);
/// Says what explains all rows, when it does.
type Cause = fn(&Subject<'_>, &[Row]) -> Option<String>;

/// Categories of a column that are tried.
const FEW: usize = 100;
/// Numbers that stand for a missing value in many tables.
const SENTINELS: [f64; 9] = [-999.0, -9999.0, -99.0, -1.0, 0.0, 999.0, 9999.0, 99.0, -99999.0];

/// The first cause that explains all `rows`, as a sentence with what to do.
pub(super) fn find(subject: &Subject<'_>, rows: &[Row], spreads: &[Spread]) -> Option<String> {
    let causes: [Cause; 10] = [
        classes,
        other_class,
        margins_as_predictions,
        uncalibrated,
        other_scale,
        rounds,
        sentinel,
        filled_category,
        single,
        order,
    ];
    let found = causes.iter().find_map(|cause| cause(subject, rows));
    found.or_else(|| scaling::find(subject, rows, spreads)).or_else(|| calibrated(subject, rows))
}

/// Whether every row agrees once `change` has been applied to its values.
pub(super) fn explains(subject: &Subject<'_>, rows: &[Row], change: impl Fn(&mut [f64])) -> bool {
    let mut margins = vec![0.0; subject.model.outputs as usize];
    rows.iter().all(|(row, given)| {
        let mut row = row.clone();
        change(&mut row);
        subject.model.margins(&row, &mut margins);
        subject.agrees(&subject.said(margins.clone()), given)
    })
}

/// Our margins of every row.
fn margins(subject: &Subject<'_>, rows: &[Row]) -> Vec<Vec<f64>> {
    let mut margins = vec![0.0; subject.model.outputs as usize];
    let of = |(row, _): &Row| {
        subject.model.margins(row, &mut margins);
        margins.clone()
    };
    rows.iter().map(of).collect()
}

/// The only prediction of each row; none when a row has none or several.
fn predictions(rows: &[Row]) -> Option<Vec<f64>> {
    rows.iter().map(|(_, given)| if let [one] = given.predictions.as_slice() { Some(*one) } else { None }).collect()
}

fn classes(_: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let given = predictions(rows)?;
    given.iter().all(|p| *p == 0.0 || *p == 1.0).then(|| {
        "the predictions are all 0 or 1: they are classes (predict), not probabilities; write predict_proba(X)[:, 1]".to_owned()
    })
}

fn other_class(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let given = predictions(rows)?;
    let agrees = |(margins, p): (Vec<f64>, f64)| {
        let found = Given { margins: Vec::new(), ..subject.said(margins) };
        subject.agrees(&found, &Given { margins: Vec::new(), predictions: vec![1.0 - p] })
    };
    margins(subject, rows).into_iter().zip(given).all(agrees).then(|| {
        "the predictions are those of the other class, one minus the probability; write predict_proba(X)[:, 1]".to_owned()
    })
}

fn margins_as_predictions(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let agrees = |(ours, (_, given)): (Vec<f64>, &Row)| {
        let found = Given { margins: ours.clone(), predictions: Vec::new() };
        !given.predictions.is_empty()
            && subject.agrees(&found, &Given { margins: given.predictions.clone(), predictions: Vec::new() })
    };
    margins(subject, rows).into_iter().zip(rows).all(agrees).then(|| {
        "the predictions are margins (output_margin=True, raw_score=True); call the column margin, or write probabilities"
            .to_owned()
    })
}

fn uncalibrated(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    if *subject.calibration == Calibration::None {
        return None;
    }
    let agrees = |(ours, (_, given)): (Vec<f64>, &Row)| subject.agrees(&subject.said_through(ours, &Calibration::None), given);
    margins(subject, rows).into_iter().zip(rows).all(agrees).then(|| {
        "the predictions are the model's own, before the calibration that is declared; write the calibrated model's predictions, or \
         leave the calibration out"
            .to_owned()
    })
}

/// The declared calibration, on the other of the two scales.
fn other_scale(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let (calibration, scale) = on_other_scale(subject.calibration)?;
    let agrees = |(ours, (_, given)): (Vec<f64>, &Row)| subject.agrees(&subject.said_through(ours, &calibration), given);
    margins(subject, rows).into_iter().zip(rows).all(agrees).then(|| {
        format!(
            "the calibration acts on the {scale} in the library: import with --on {scale}, or declare on = \"{scale}\" for the calibration"
        )
    })
}

/// `calibration` on the other scale, and the name of that.
fn on_other_scale(calibration: &Calibration) -> Option<(Calibration, &'static str)> {
    let other = |on: &Scale| match on {
        Scale::Margin => (Scale::Probability, "probability"),
        Scale::Probability => (Scale::Margin, "margin"),
    };
    match calibration {
        Calibration::None => None,
        Calibration::Sigmoid { slope, intercept, on } => {
            let (on, name) = other(on);
            Some((Calibration::Sigmoid { slope: *slope, intercept: *intercept, on }, name))
        }
        Calibration::Isotonic { x, y, on } => {
            let (on, name) = other(on);
            Some((Calibration::Isotonic { x: x.clone(), y: y.clone(), on }, name))
        }
        Calibration::Average(members) => {
            let members: Vec<(Calibration, &str)> = members.iter().map(on_other_scale).collect::<Option<_>>()?;
            let (_, name) = *members.first()?;
            Some((Calibration::Average(members.into_iter().map(|(member, _)| member).collect()), name))
        }
    }
}

/// Another number of rounds from the first on.
fn rounds(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let [file] = subject.files else { return None };
    let Body::Trees(ensemble) = &file.model.body else { return None };
    let mut sums = vec![ensemble.base.clone(); rows.len()];
    let rounds = ensemble.trees.len().saturating_sub(file.constants as usize);
    let mut last = Ensemble { arithmetic: ensemble.arithmetic, base: Vec::new(), trees: ensemble.trees.get(rounds..)?.to_vec() };
    let mut from = 0;
    for (round, end) in file.round_ends.iter().enumerate() {
        let trees = ensemble.trees.get(from..*end as usize)?.to_vec();
        from = *end as usize;
        let mut one = Ensemble { arithmetic: ensemble.arithmetic, base: Vec::new(), trees };
        let mut all = true;
        for ((row, given), sums) in rows.iter().zip(&mut sums) {
            one.base.clone_from(sums);
            one.margins(row, sums);
            last.base.clone_from(sums);
            let mut margins = sums.clone();
            last.margins(row, &mut margins);
            all &= subject.agrees(&of_rounds(subject, margins, round as u32 + 1), given);
        }
        if all {
            let (used, count) = (round + 1, file.round_ends.len());
            let argument = if used == count { "all".to_owned() } else { format!("0..{used}") };
            return Some(format!("the predictions use the first {used} of {count} rounds; import with --rounds {argument}"));
        }
    }
    None
}

/// What the model says of a row whose margins are those of `count` rounds.
fn of_rounds(subject: &Subject<'_>, margins: Vec<f64>, count: u32) -> Given {
    match subject.model.link {
        Link::Average { then, .. } => {
            let model = Model { link: Link::Average { divisor: count, then }, body: empty(), ..subject.model.clone() };
            Subject { model: &model, ..*subject }.said(margins)
        }
        _ => subject.said(margins),
    }
}

fn empty() -> Body {
    Body::Trees(Ensemble { arithmetic: crate::model::Arithmetic::F64, base: Vec::new(), trees: Vec::new() })
}

/// A number that the library took for missing, or that a missing value was filled with.
fn sentinel(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let columns = &subject.model.columns;
    // Codes of listed texts are no numbers of the table; those of a column without texts are.
    let listed = |at: usize| subject.categories.get(at).is_some_and(|list| !list.is_empty());
    let number = |at: usize| at < columns.len() && !listed(at);
    for sentinel in SENTINELS {
        let names = |is: &dyn Fn(f64) -> bool| {
            let used = |at: usize| number(at) && rows.iter().any(|(row, _)| row.get(at).is_some_and(|x| is(*x)));
            let names: Vec<&str> =
                columns.iter().enumerate().filter(|(at, _)| used(*at)).map(|(_, column)| &*column.name).collect();
            match names.len() {
                0..=5 => names.join(", "),
                n => format!("{} and {} more", names.get(..5).unwrap_or_default().join(", "), n - 5),
            }
        };
        let swap = |from: fn(f64, f64) -> bool, to: f64| {
            explains(subject, rows, |row| {
                for (_, x) in row.iter_mut().enumerate().filter(|(at, x)| number(*at) && from(**x, sentinel)) {
                    *x = to;
                }
            })
        };
        if swap(|x, sentinel| x == sentinel, f64::NAN) {
            let names = names(&|x| x == sentinel);
            return Some(format!(
                "{sentinel} means missing to the library, in {names}: missing={sentinel} in training; declare missing_number = {sentinel} \
                 for these fields in the schema"
            ));
        }
        if swap(|x, _| x.is_nan(), sentinel) {
            let names = names(&f64::is_nan);
            return Some(format!(
                "the library was given {sentinel} for missing values, in {names} (fillna); declare a feature with \
                 then = [{{ impute = {{ constant = {sentinel} }} }}] for each, or write the table after filling it"
            ));
        }
    }
    None
}

/// A category that a missing value was filled with before training, or that was missing in training.
fn filled_category(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    for (at, list) in subject.categories.iter().enumerate().filter(|(_, list)| !list.is_empty()) {
        let name = subject.model.columns.get(at).map_or("", |column| &*column.name);
        let seen = |is: &dyn Fn(f64) -> bool| rows.iter().any(|(row, _)| row.get(at).is_some_and(|x| is(*x)));
        let swap = |from: &dyn Fn(f64) -> bool, to: f64| {
            seen(from)
                && explains(subject, rows, |row| {
                    row.get_mut(at).into_iter().filter(|x| from(**x)).for_each(|x| *x = to);
                })
        };
        for (code, text) in list.iter().enumerate().take(FEW) {
            let code = code as f64;
            if swap(&f64::is_nan, code) {
                return Some(format!(
                    "the library was given {text:?} for missing values of {name} (fillna); declare a feature of {name} with \
                     then = [{{ impute = {{ constant = {code} }} }}], or write the table after filling it"
                ));
            }
            if swap(&|x| x == code, f64::NAN) {
                return Some(format!(
                    "{text:?} was missing to the library, in {name}; write the table as the library was given it, with empty cells"
                ));
            }
        }
    }
    None
}

/// A library that compares doubles was given single-precision numbers.
fn single(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    explains(subject, rows, |row| row.iter_mut().for_each(|x| *x = f64::from(*x as f32))).then(|| {
        "the library was given single-precision numbers (float32), which are not the decimals in the file; predict and write from \
         X.astype(\"float64\")"
            .to_owned()
    })
}

/// Codes that follow another order of the categories.
fn order(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    let listed: Vec<(usize, &Vec<String>)> = subject.categories.iter().enumerate().filter(|(_, list)| list.len() > 1).collect();
    type Reorder = fn(&[String], &[f64]) -> Vec<String>;
    let orders: [(&str, Reorder); 3] = [
        ("sorted", |list, _| {
            let mut sorted = list.to_vec();
            sorted.sort();
            sorted
        }),
        ("reversed", |list, _| list.iter().rev().cloned().collect()),
        ("by first appearance", |list, seen| {
            let mut order: Vec<String> = Vec::new();
            let seen = seen.iter().filter(|code| **code >= 0.0).filter_map(|code| list.get(*code as usize));
            seen.chain(list).for_each(|text| {
                if !order.contains(text) {
                    order.push(text.clone());
                }
            });
            order
        }),
    ];
    let seen = |at: usize| rows.iter().filter_map(|(row, _)| row.get(at).copied()).collect::<Vec<f64>>();
    // Each column by itself first, so that as few as possible are named.
    let alone = listed.iter().map(|one| vec![*one]);
    for columns in alone.chain(std::iter::once(listed.clone())) {
        for (name, reorder) in &orders {
            let changed: Vec<(usize, &Vec<String>, Vec<String>)> =
                columns.iter().map(|(at, list)| (*at, *list, reorder(list, &seen(*at)))).collect();
            let explained = explains(subject, rows, |row| {
                for (at, list, order) in &changed {
                    let Some(x) = row.get_mut(*at) else { continue };
                    let text = if *x >= 0.0 { list.get(*x as usize) } else { None };
                    if let Some(place) = text.and_then(|text| order.iter().position(|other| other == text)) {
                        *x = place as f64;
                    }
                }
            });
            if explained {
                let names: Vec<&str> =
                    columns.iter().filter_map(|(at, _)| subject.model.columns.get(*at)).map(|column| &*column.name).collect();
                let first = changed.first().map(|(_, _, order)| format!("{order:?}")).unwrap_or_default();
                return Some(format!(
                    "the categories of {} are in another order in training, {name}: declare categories = {first} …",
                    names.join(", ")
                ));
            }
        }
    }
    None
}

/// A calibration that was fitted after training.
fn calibrated(subject: &Subject<'_>, rows: &[Row]) -> Option<String> {
    if *subject.calibration != Calibration::None || subject.model.outputs != 1 {
        return None;
    }
    let given = predictions(rows)?;
    let margins: Vec<f64> = margins(subject, rows).iter().filter_map(|m| m.first().copied()).collect();
    let probabilities: Vec<f64> = margins
        .iter()
        .map(|margin| {
            let mut one = [*margin];
            subject.model.link.apply(&mut one);
            one[0]
        })
        .collect();
    for (on, x) in [("probability", &probabilities), ("margin", &margins)] {
        if let Some((slope, intercept)) = fit::sigmoid(x, &given, 10.0 * subject.tolerance()) {
            return Some(format!(
                "the predictions are calibrated, by a sigmoid of the {on}: import with --sigmoid={slope},{intercept} --on {on}, or \
                 better with the two numbers of the calibrator (a_ and b_), because these are fitted to the file"
            ));
        }
    }
    fit::rises(&margins, &given).then(|| {
        "the predictions rise with the margin but are no sigmoid of it: they are calibrated, probably by an isotonic map; declare \
         [calibration.isotonic] with the calibrator's X_thresholds_ and y_thresholds_"
            .to_owned()
    })
}
