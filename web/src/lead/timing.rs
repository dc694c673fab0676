//! How long a score takes: in this page, measured over many calls; at the edge, from question to answer.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use crate::host::clock;
use crate::words;

/// Batches of calls that are timed; the median of their means is shown.
const BATCHES: usize = 9;
/// A batch lasts at least this long, ms: the browser's clock steps by up to 0.1 ms.
const BATCH_MS: f64 = 4.0;

/// What was measured in this page.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Measured {
    /// Median over the batches of the mean time of one call, ms.
    call_ms: f64,
    /// Calls of one batch.
    calls: u32,
}

/// The times.
#[component]
pub fn Timing(desk: Desk) -> impl IntoView {
    let measured = RwSignal::new(None);
    let measure = move || {
        measured.set(None);
        spawn_local(async move {
            // The page paints first; a measurement is no reason to wait for it.
            TimeoutFuture::new(300).await;
            measured.set(Some(time(desk)));
        });
    };
    measure();
    let here = move || measured.get().map_or_else(|| "measuring …".to_owned(), |m| words::duration(m.call_ms));
    let calls = move || {
        measured.get().map_or_else(String::new, |m| format!("median of {BATCHES} batches of {} calls, reasons included", m.calls))
    };
    let trip = move || desk.trips.with(|trips| trips.last().map_or_else(|| "–".to_owned(), |ms| words::duration(*ms)));
    let trips = move || {
        let mut all = desk.trips.get();
        all.sort_by(f64::total_cmp);
        match all.get(all.len() / 2) {
            Some(middle) => format!("last one; median of {}: {}", all.len(), words::duration(*middle)),
            None => "no answer yet".to_owned(),
        }
    };
    let load = words::duration(desk.session().load_ms);
    view! {
        <section class="card" aria-labelledby="timing-title">
            <header>
                <h2 id="timing-title">"How long it takes"</h2>
                <button type="button" class="button plain small no-print" on:click=move |_| measure()>"Measure again"</button>
            </header>
            <dl class="figures">
                <div><dt>"One score in this page"</dt><dd class="number" id="page-time">{here}</dd><dd class="soft small">{calls}</dd></div>
                <div><dt>"Round trip to the edge"</dt><dd class="number" id="edge-time">{trip}</dd><dd class="soft small">{trips}</dd></div>
                <div><dt>"Model loaded and verified"</dt><dd class="number">{load}</dd><dd class="soft small">"once, in this page"</dd></div>
            </dl>
        </section>
    }
}

/// Times the lead as it stands: doubles the calls of a batch until one lasts [`BATCH_MS`], then times [`BATCHES`] of them.
fn time(desk: Desk) -> Measured {
    let session = desk.session();
    let (lead, at) = (desk.draft.with_untracked(|draft| draft.lead(&session.form)), desk.at.get_untracked());
    let batch = |calls: u32| {
        let start = clock::elapsed_ms();
        for _ in 0..calls {
            std::hint::black_box(session.judge(std::hint::black_box(&lead), at)).ok();
        }
        clock::elapsed_ms() - start
    };
    // The first calls find cold code: they are not a measure of the later ones.
    batch(256);
    let mut calls = 1;
    while batch(calls) < BATCH_MS && calls < 1 << 20 {
        calls *= 2;
    }
    let mut means: Vec<f64> = (0..BATCHES).map(|_| batch(calls) / f64::from(calls)).collect();
    means.sort_by(f64::total_cmp);
    Measured { call_ms: means.get(BATCHES / 2).copied().unwrap_or_default(), calls }
}
