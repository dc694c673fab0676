//! Side by side: what this page and the edge say, number by number, bit by bit.

use leptos::prelude::*;

use super::desk::{Desk, Edge};
use crate::bits::{self, Agreement};
use crate::edge::wire::Answer;
use crate::part::{Icon, Mood, Sign, Status};
use crate::words;

/// One number from both sides; `None` where there is none.
type Pair = (Option<f64>, Option<f64>);

/// The comparison.
#[component]
pub fn Compare(desk: Desk) -> impl IntoView {
    let loaded = desk.session().served.id.clone();
    let answered = Memo::new(move |_| desk.edge.with(|edge| edge.last().and_then(|a| a.as_ref().ok().cloned())));
    // With an allocation another model may answer: its numbers are its own.
    let foreign = Memo::new(move |_| answered.with(|answer| answer.as_ref().is_some_and(|answer| answer.model != loaded)));
    let theirs = move || if foreign.get() { None } else { answered.get() };
    let pair = move |mine: fn(&plumbline_core::Score) -> f64, their: fn(&Answer) -> f64| {
        Memo::new(move |_| -> Pair { (desk.here.with(|here| here.as_ref().ok().map(mine)), theirs().as_ref().map(their)) })
    };
    let probability = pair(|s| s.probability, |a| a.probability);
    let margin = pair(|s| s.margin, |a| a.margin);
    let asking = Memo::new(move |_| desk.edge.with(|edge| matches!(edge, Edge::Asking(_))));
    let overall = move || {
        if asking.get() {
            return view! { <Status mood=Mood::Wait words="Waiting for the edge" /> };
        }
        if foreign.get() {
            return view! { <Status mood=Mood::Alone words="Another model answered" /> };
        }
        let refused = desk.edge.with(|edge| matches!(edge, Edge::Heard(Err(_))));
        match (agreement(probability.get()), agreement(margin.get())) {
            (Some(Agreement::Same), Some(Agreement::Same)) => view! { <Status mood=Mood::Good words="Same bits" /> },
            (None, None) if refused && desk.here.with(Result::is_err) => {
                view! { <Status mood=Mood::Good words="Both reject it" /> }
            }
            (None, None) if desk.edge.with(|e| matches!(e, Edge::Silent(_))) => {
                view! { <Status mood=Mood::Alone words="Not compared" /> }
            }
            _ => view! { <Status mood=Mood::Bad words="Different bits" /> },
        }
    };
    view! {
        <section class="card" aria-labelledby="compare-title">
            <header>
                <h2 id="compare-title">"Two computers, one score"</h2>
                <span id="agreement">{overall}</span>
            </header>
            <table class="compare" class:asking=move || asking.get()>
                <thead>
                    <tr>
                        <th scope="col"><span class="hidden-words">"Number"</span></th>
                        <th scope="col"><span class="side"><Icon sign=Sign::Page />"This page"</span></th>
                        <th scope="col"><span class="side"><Icon sign=Sign::Edge />"The edge"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <Line name="Probability" pair=probability format=words::percent />
                    <Line name="Margin" pair=margin format=|x| format!("{x:.4}").replace('-', "\u{2212}") />
                </tbody>
            </table>
            <p class="soft small">"The sixteen hexadecimal digits show all 64 bits of a number, so any rounding difference would be visible."</p>
        </section>
    }
}

fn agreement((mine, theirs): Pair) -> Option<Agreement> {
    Some(Agreement::of(mine?, theirs?))
}

/// One number: from the page, from the edge, and whether they are the same.
#[component]
fn Line(name: &'static str, pair: Memo<Pair>, format: fn(f64) -> String) -> impl IntoView {
    let verdict = move || match agreement(pair.get()) {
        Some(Agreement::Same) => view! { <span class="same"><Icon sign=Sign::Tick size=13 />"same"</span> }.into_any(),
        Some(Agreement::Different { ulps }) => {
            view! { <span class="differs"><Icon sign=Sign::Warning size=13 />{format!("{ulps} apart")}</span> }.into_any()
        }
        None => ().into_any(),
    };
    let cell = move |mine: bool| {
        move || {
            let (here, there) = pair.get();
            let (value, other) = if mine { (here, there) } else { (there, here) };
            value.map_or_else(|| view! { <span class="soft">"–"</span> }.into_any(), |x| number(x, other, format).into_any())
        }
    };
    view! {
        <tr>
            <th scope="row">{name} {verdict}</th>
            <td>{cell(true)}</td>
            <td>{cell(false)}</td>
        </tr>
    }
}

/// `x` for people, and its bits; groups that differ from `other` are marked.
fn number(x: f64, other: Option<f64>, format: fn(f64) -> String) -> impl IntoView {
    let others = other.map(bits::groups);
    let groups = bits::groups(x).into_iter().enumerate().map(|(i, group)| {
        let same = others.as_ref().and_then(|o| o.get(i)).is_none_or(|o| *o == group);
        if same { view! { <span>{group}</span> }.into_any() } else { view! { <mark>{group}</mark> }.into_any() }
    });
    let groups = groups.collect_view();
    view! {
        <span class="value number">{format(x)}</span>
        <code class="bits">{groups}</code>
    }
}
