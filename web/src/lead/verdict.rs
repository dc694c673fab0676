//! The score in large: number, band in word and sign, and where it lies among the bands.

use leptos::prelude::*;
use plumbline_core::bundle::Band;

use super::desk::Desk;
use crate::part::{Gauge, Icon, Sign};
use crate::words;

/// How hot a band is, from its place among all.
#[derive(Clone, Copy, PartialEq)]
struct Heat {
    class: &'static str,
    sign: Sign,
}

impl Heat {
    /// The heat of the band at `rank` (0 is the highest) of `count`.
    fn of(rank: usize, count: usize) -> Heat {
        match rank {
            0 => Heat { class: "hot", sign: Sign::Flame },
            r if r + 1 == count => Heat { class: "cold", sign: Sign::Snow },
            _ => Heat { class: "warm", sign: Sign::Sun },
        }
    }
}

/// The score.
#[component]
pub fn Verdict(desk: Desk) -> impl IntoView {
    let bands = desk.session().bands();
    let marks = bands.iter().map(|band| band.from).collect::<Vec<_>>();
    let (ranked, count) = (StoredValue::new(bands.clone()), bands.len());
    let score = Memo::new(move |_| desk.here.with(|here| here.as_ref().ok().map(|s| (s.probability, s.band.clone()))));
    let heat = Memo::new(move |_| {
        let rank = score.get().and_then(|(_, band)| ranked.with_value(|r| r.iter().position(|b| b.name == band)));
        rank.map(|rank| Heat::of(rank, count))
    });
    let share = Signal::derive(move || score.get().map_or(0.0, |(p, _)| p));
    let class = Signal::derive(move || heat.get().map_or("plain", |h| h.class));
    let face = move || match score.get() {
        Some((p, band)) => {
            let sign = heat.get().map(|h| view! { <Icon sign=h.sign size=22 /> });
            view! {
                <p class="score-number"><strong id="score">{words::whole(p)}</strong><span class="soft">" of 100"</span></p>
                <p class="band" id="band">{sign}<span>{words::capital(&band)}</span></p>
                <p class="soft">{words::percent(p)} " chance to convert"</p>
            }
            .into_any()
        }
        None => view! {
            <p class="score-number"><strong id="score">"–"</strong></p>
            <p class="band"><Icon sign=Sign::Warning size=22 /><span>"No score"</span></p>
            <p class="soft">{move || faults(desk)}</p>
        }
        .into_any(),
    };
    let ladder = bands.into_iter().enumerate().map(|(rank, Band { name, from })| {
        let heat_of = Heat::of(rank, count);
        let current = { let name = name.clone(); move || score.get().is_some_and(|(_, band)| band == name).then_some("true") };
        view! {
            <li class=heat_of.class aria-current=current>
                <Icon sign=heat_of.sign size=15 />
                <span>{words::capital(&name)}</span>
                <span class="soft number">{if from > 0.0 { format!("from {}", words::whole(from)) } else { "below".to_owned() }}</span>
            </li>
        }
    });
    view! {
        <section class=move || format!("card verdict {}", class.get()) aria-labelledby="verdict-title">
            <h2 id="verdict-title" class="hidden-words">"Score"</h2>
            <div class="dial">
                <Gauge share class marks />
                <div class="face">{face}</div>
            </div>
            <ol class="ladder" aria-label="Bands">{ladder.collect_view()}</ol>
        </section>
    }
}

/// What is wrong with the lead, in one line.
fn faults(desk: Desk) -> String {
    desk.here.with(|here| match here {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(|f| f.detail.clone()).collect::<Vec<_>>().join(" · "),
    })
}
