//! The form: one row per field of the bundle's schema.

use leptos::prelude::*;

use super::control::control;
use super::desk::Desk;
use crate::form::{Control, Item};
use crate::part::{Icon, Sign};
use crate::words;

/// The lead, to be edited.
#[component]
pub fn FormCard(desk: Desk) -> impl IntoView {
    let rows = desk.items().into_iter().map(|item| view! { <Row desk item /> }).collect_view();
    view! {
        <section class="card" aria-labelledby="form-title">
            <header>
                <h2 id="form-title">"The lead"</h2>
                <p class="soft small">"Empty fields count as not known."</p>
            </header>
            <div class="fields">{rows}</div>
        </section>
    }
}

/// A label, its control, its limits and what is wrong with it.
#[component]
fn Row(desk: Desk, item: Item) -> impl IntoView {
    let hint = hint(&item);
    let name = item.name.clone();
    let faults = Memo::new(move |_| desk.faults(&name));
    let note = format!("{}-note", item.name);
    let described = note.clone();
    let bad = Signal::derive(move || faults.with(|f| !f.is_empty()));
    let label = view! {
        {item.label.clone()}
        {item.required.then(|| view! { <span class="soft">" (required)"</span> })}
    };
    // Grouped controls are a fieldset with a legend; single ones a label for their input.
    let wide = matches!(item.control, Control::Tags(_));
    let grouped = matches!(item.control, Control::Flag);
    let body = control(desk, &item, described, bad);
    let named = format!("field {:?} ", item.name);
    let message = move || {
        faults
            .get()
            .into_iter()
            .map(|fault| {
                view! {
                    <span class="fault">
                        <Icon sign=Sign::Warning size=14 />
                        <span>{at_field(&fault.detail, &named)} " " <code>{fault.code}</code></span>
                    </span>
                }
            })
            .collect_view()
    };
    let note = view! {
        <p class="field-note small" id=note>
            <span class="soft">{hint}</span>
            {message}
        </p>
    };
    let class = move || if wide { "field wide" } else { "field" };
    if grouped {
        view! { <fieldset class=class class:has-fault=bad><legend>{label}</legend>{body}{note}</fieldset> }.into_any()
    } else {
        view! { <div class=class class:has-fault=bad><label for=item.name.clone()>{label}</label>{body}{note}</div> }.into_any()
    }
}

/// `detail` without the name of the field it stands at.
fn at_field(detail: &str, named: &str) -> String {
    detail.strip_prefix(named).map_or_else(|| detail.to_owned(), words::capital)
}

/// The limits of a number, such as `0 to 500`; empty for other fields.
fn hint(item: &Item) -> String {
    match &item.control {
        Control::Number { min: Some(min), max: Some(max) } => format!("{min} to {max}"),
        // That most things are not negative goes without saying.
        Control::Number { min: Some(0.0), max: None } => String::new(),
        Control::Number { min: Some(min), max: None } => format!("{min} or more"),
        Control::Number { min: None, max: Some(max) } => format!("up to {max}"),
        Control::Tags(_) => "Press Enter to add one.".to_owned(),
        _ => String::new(),
    }
}
