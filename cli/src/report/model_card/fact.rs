//! The tables of a card, each once for both kinds of file.

use plumbline_core::Bundle;
use plumbline_core::bundle::{DataFile, Distribution, Figure};
use plumbline_core::table::format_date;

use super::ModelCard;
use crate::output::terminal::thousands;
use crate::report::card::Card;

/// A table with its heading.
pub struct Table {
    /// Its heading.
    pub title: &'static str,
    /// A sentence below it; may be empty.
    pub below: String,
    /// Names of the columns.
    pub head: Vec<&'static str>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// All tables, in order; those without rows are left out.
pub fn tables(card: &ModelCard<'_>) -> Vec<Table> {
    let all = [
        quality(card.bundle),
        comparison(card),
        bands(card.bundle),
        model(card),
        origin(card),
        parameters(card.bundle),
        fields(card.bundle),
    ];
    all.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect()
}

/// One sentence: what was measured, on what.
pub fn summary(bundle: &Bundle) -> String {
    let Some(baseline) = &bundle.baseline else {
        return "The bundle has no baseline, so nothing is known of how good the model was; plumbline baseline adds one."
            .to_owned();
    };
    let of = match &baseline.held_out {
        Some(held_out) => format!("{} leads that were held out of training", thousands(held_out.rows)),
        None => format!("the {} leads it was trained on, which flatters it", thousands(baseline.data.rows)),
    };
    match baseline.figure("auc") {
        Some(auc) => format!("AUC {} on {of}.", value(auc)),
        None => format!("Measured on {of}."),
    }
}

/// Names of figures as people say them.
fn name(id: &str) -> &str {
    match id {
        "auc" => "AUC (area under the ROC curve)",
        "average_precision" => "Average precision",
        "precision" => "Precision at the threshold",
        "recall" => "Recall at the threshold",
        "brier" => "Brier score",
        "log_loss" => "Log loss",
        "calibration_error" => "Calibration error (ECE)",
        "conversion" => "Conversion",
        other => other,
    }
}

fn value(figure: &Figure) -> String {
    let interval = figure.interval.map_or(String::new(), |(low, high)| format!(" ({low:.3} to {high:.3})"));
    format!("{:.3}{interval}", figure.value)
}

fn quality(bundle: &Bundle) -> Option<Table> {
    let baseline = bundle.baseline.as_ref()?;
    let row = |figure: &Figure| {
        let interval = figure.interval.map_or("–".to_owned(), |(low, high)| format!("{low:.3} to {high:.3}"));
        vec![name(&figure.id).to_owned(), format!("{:.3}", figure.value), interval, thousands(figure.n)]
    };
    Some(Table {
        title: "How good it was",
        below: format!("A lead is called at a score of {}. Intervals are of 95 %.", baseline.threshold),
        head: vec!["Figure", "Value", "Interval", "Cases"],
        rows: baseline.figures.iter().map(row).collect(),
    })
}

fn comparison(card: &ModelCard<'_>) -> Option<Table> {
    let against = card.champion?;
    let row = |name: String, value: String, (low, high): (String, String)| vec![name, value, format!("{low} to {high}")];
    let plain = |name: String, value: f64, (low, high): (f64, f64)| {
        row(name, format!("{value:.3}"), (format!("{low:.3}"), format!("{high:.3}")))
    };
    let (low, high) = against.difference_interval;
    Some(Table {
        title: "Against the champion",
        below: format!("Both models scored the same {} leads that were held out.", thousands(against.leads)),
        head: vec!["Figure", "Value", "95 % interval"],
        rows: vec![
            plain("AUC of this model".to_owned(), against.auc, against.auc_interval),
            plain(format!("AUC of {} {}", against.name, against.version), against.champion_auc, against.champion_auc_interval),
            row("Difference".to_owned(), format!("{:+.3}", against.difference), (format!("{low:+.3}"), format!("{high:+.3}"))),
        ],
    })
}

fn bands(bundle: &Bundle) -> Option<Table> {
    let baseline = bundle.baseline.as_ref()?;
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    let from = |name: &str| bundle.manifest.bands.iter().find(|band| band.name == name).map(|band| band.from.to_string());
    let row = |band: &plumbline_core::bundle::BandShare| {
        vec![
            band.name.clone(),
            from(&band.name).unwrap_or_default(),
            percent(band.share),
            band.conversion.map_or("–".to_owned(), percent),
        ]
    };
    Some(Table {
        title: "Bands",
        below: "Of the leads it was trained on, whose conversion by band flatters it.".to_owned(),
        head: vec!["Band", "From score", "Leads", "Converted"],
        rows: baseline.bands.iter().rev().map(row).collect(),
    })
}

fn model(card: &ModelCard<'_>) -> Option<Table> {
    let rows = Card::of(card.bundle, 0).facts();
    let mut rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    rows.push(vec!["SHA-256 of the bundle".to_owned(), card.sha256.to_owned()]);
    Some(Table { title: "The model", below: String::new(), head: vec!["", ""], rows })
}

fn origin(card: &ModelCard<'_>) -> Option<Table> {
    let from = &card.bundle.manifest.provenance;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![name.to_owned(), value]);
        }
    };
    if let Some(baseline) = &card.bundle.baseline {
        add("Trained on", data(&baseline.data));
        add("Tested on", baseline.held_out.as_ref().map(data).unwrap_or_default());
    }
    add("Snapshot", [&*from.snapshot_uri, &*from.table_version].join(" ").trim().to_owned());
    add("SHA-256 of the snapshot", from.snapshot_sha256.clone());
    add("Rows", from.rows.map(thousands).unwrap_or_default());
    add("Window", from.window.clone());
    add("Git revision", from.code_revision.clone());
    add("SHA-256 of the settings", from.settings_sha256.clone());
    add("SHA-256 of the schema", from.schema_sha256.clone());
    from.notes.iter().for_each(|note| add("Note", note.clone()));
    Some(Table { title: "Where it comes from", below: String::new(), head: vec!["", ""], rows })
}

fn data(file: &DataFile) -> String {
    let day = |ms: i64| format_date(ms).chars().take(10).collect::<String>();
    let span = file.span_ms.map_or(String::new(), |(first, last)| format!(", {} to {}", day(first), day(last)));
    format!("{}: {} leads, {} converted{span}", file.name, thousands(file.rows), thousands(file.converted))
}

fn parameters(bundle: &Bundle) -> Option<Table> {
    let given = &bundle.manifest.provenance.hyperparameters;
    let rows = given.iter().map(|(name, value)| vec![name.to_owned(), value.to_owned()]).collect();
    Some(Table { title: "Hyperparameters", below: String::new(), head: vec!["Name", "Value"], rows })
}

fn fields(bundle: &Bundle) -> Option<Table> {
    let counts = |name: &str| {
        let field = bundle.reference.iter().flat_map(|reference| &reference.fields).find(|field| field.name == name)?;
        Some(match &field.distribution {
            Distribution::Number(found) => (found.counts().iter().sum::<u64>(), found.missing()),
            Distribution::Category(found) => (found.counts().iter().sum::<u64>() + found.other(), found.missing()),
        })
    };
    let weight =
        |name: &str| bundle.baseline.iter().flat_map(|baseline| &baseline.importance).find(|weight| weight.field == name);
    let row = |field: &plumbline_core::schema::Field| {
        let missing = counts(&field.name).map_or("–".to_owned(), |(values, missing)| {
            format!("{:.1} %", 100.0 * missing as f64 / (values + missing).max(1) as f64)
        });
        let weight = weight(&field.name);
        let part = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let [share, gain] = [weight.map(|weight| weight.share), weight.and_then(|weight| weight.gain)].map(part);
        let permuted = weight.and_then(|weight| weight.permutation).map_or("–".to_owned(), |loss| format!("{loss:.4}"));
        let kind = match field.categories.len() {
            0 => field.kind.as_str().to_owned(),
            several => format!("{} of {several}", field.kind.as_str()),
        };
        vec![field.name.clone(), kind, missing, share, gain, permuted]
    };
    Some(Table {
        title: "Fields",
        below: "What a lead holds, the share of missing values in training, and what each field weighs: its part of all contributions to scores \
                (mean |SHAP|), its part of what all splits gained in training, and what the AUC of held-out leads loses when its values are permuted."
            .to_owned(),
        head: vec!["Field", "Kind", "Missing", "Contribution", "Gain", "AUC lost"],
        rows: bundle.manifest.schema.fields.iter().map(row).collect(),
    })
}
