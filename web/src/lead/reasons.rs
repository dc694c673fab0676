//! Why: the strongest reasons in words, each with its points and a bar; all of them as a table.

use leptos::prelude::*;
use plumbline_core::score::Reason;

use super::desk::Desk;
use crate::words;

/// Reasons shown as bars.
const TOP: usize = 5;

/// The reasons.
#[component]
pub fn Reasons(desk: Desk) -> impl IntoView {
    let reasons = Memo::new(move |_| desk.here.with(|here| here.as_ref().map(|s| s.reasons.clone()).unwrap_or_default()));
    let bars = move || {
        let mut top = reasons.get();
        top.truncate(TOP);
        let widest = top.iter().map(|r| r.points.unsigned_abs()).max().unwrap_or(1).max(1);
        top.into_iter().map(|reason| bar(reason, widest)).collect_view()
    };
    let rows = move || {
        let row = |reason: Reason| {
            view! {
                <tr>
                    <th scope="row">{reason.label}</th>
                    <td>{split(&reason.text).0.to_owned()}</td>
                    <td class="number">{words::signed(reason.points.into())}</td>
                    <td class="number">{words::decimal(reason.contribution)}</td>
                </tr>
            }
        };
        reasons.get().into_iter().map(row).collect_view()
    };
    let origin = move || {
        desk.here.with(|here| {
            here.as_ref().ok().and_then(|score| score.base).map(|base| {
                format!(
                    "Points out of 100. An average lead scores {base}; the points below explain how this lead's score differs."
                )
            })
        })
    };
    view! {
        <section class="card" aria-labelledby="reasons-title" class:empty=move || reasons.with(Vec::is_empty)>
            <header>
                <h2 id="reasons-title">"Why"</h2>
            </header>
            <p class="soft small">{origin}</p>
            <ul class="reasons">{bars}</ul>
            <details>
                <summary>"All reasons as a table"</summary>
                <div class="scroll" tabindex="0" role="region" aria-label="All reasons">
                    <table class="plain-table">
                        <thead>
                            <tr>
                                <th scope="col">"Field"</th>
                                <th scope="col">"In words"</th>
                                <th scope="col">"Points"</th>
                                <th scope="col">"Log-odds"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </details>
        </section>
    }
}

/// One reason: words, points, and a bar to the right (raises the score) or to the left (lowers it) of the middle.
fn bar(reason: Reason, widest: u32) -> impl IntoView {
    let length = f64::from(reason.points.unsigned_abs()) / f64::from(widest) * 50.0;
    let (class, x) = if reason.points < 0 { ("reason lowers", 50.0 - length) } else { ("reason raises", 50.0) };
    let (words, points) = split(&reason.text);
    view! {
        <li class=class>
            <span class="reason-words">{words.to_owned()}</span>
            <span class="reason-points number">{points.to_owned()}</span>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar-track" x="0" y="0" width="100" height="8" rx="1" />
                <rect class="bar-fill" x=x y="0" width=length.max(0.5) height="8" />
            </svg>
        </li>
    }
}

/// A reason's words and its points: the core writes `words: points`.
fn split(text: &str) -> (&str, &str) {
    text.rsplit_once(": ").unwrap_or((text, ""))
}
