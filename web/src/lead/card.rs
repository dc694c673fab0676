//! The model's card: what it is, where it comes from, how good it was.

use leptos::prelude::*;
use plumbline_core::Manifest;

use super::desk::Desk;
use crate::words;

/// The card, folded.
#[component]
pub fn ModelCard(desk: Desk) -> impl IntoView {
    let session = desk.session();
    let manifest = session.manifest();
    let rows = facts(manifest).into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    let title = format!("{} {}", manifest.name, manifest.version);
    let file = format!("{}-{}.plumb", manifest.name, manifest.version);
    let link = format!("{file} ({})", words::bytes(session.bundle_bytes));
    let (address, digest) = (session.served.bundle.clone(), session.served.digest.clone());
    view! {
        <section class="card model-card">
            <details>
                <summary>
                    <h2>"The model"</h2>
                    <span class="soft small">{title}</span>
                </summary>
                <dl class="facts">
                    {rows.collect_view()}
                    <div>
                        <dt>"File"</dt>
                        <dd><a href=address download=file>{link}</a>", readable with any safetensors library"</dd>
                    </div>
                    <div><dt>"SHA-256 of the file"</dt><dd id="digest">{digest}</dd></div>
                </dl>
            </details>
        </section>
    }
}

/// What is known, as name and value; what is not known is left out.
fn facts(manifest: &Manifest) -> Vec<(String, String)> {
    let from = &manifest.provenance;
    let rows = from.rows.map_or_else(String::new, |n| format!("{n} leads"));
    let trained = [rows, from.window.replace('/', " to "), from.snapshot_uri.clone()];
    let trained = trained.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let mut facts = vec![
        ("Name".to_owned(), manifest.name.clone()),
        ("Version".to_owned(), manifest.version.clone()),
        ("Purpose".to_owned(), from.intended_use.clone()),
        ("Trained on".to_owned(), trained),
    ];
    facts.extend(from.baseline.iter().map(|(name, value)| (metric(name), format!("{value:.3}"))));
    let settings = from.hyperparameters.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ");
    facts.push(("Settings".to_owned(), settings));
    facts.push(("Training data".to_owned(), from.snapshot_sha256.clone()));
    facts.push(("Code".to_owned(), from.code_revision.clone()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// A metric's name for people.
fn metric(name: &str) -> String {
    match name {
        "auc" => "AUC on held-out leads".to_owned(),
        "brier" => "Brier score".to_owned(),
        "log_loss" => "Log loss".to_owned(),
        "ece" => "Calibration error".to_owned(),
        other => other.replace('_', " "),
    }
}
