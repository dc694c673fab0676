//! A half circle that fills with a share of one. Attributes only: a strict policy blocks inline styles.

use leptos::prelude::*;

/// Radius of the arc in the drawing's units; its centre is (120, 120).
const RADIUS: f64 = 100.0;

/// The point of the half circle at `share` of its way, `radius` from its centre.
fn point(share: f64, radius: f64) -> (f64, f64) {
    let angle = std::f64::consts::PI * (1.0 - share);
    // A drawing, not a score: the browser's own functions will do.
    (120.0 + radius * js_sys::Math::cos(angle), 120.0 - radius * js_sys::Math::sin(angle))
}

/// Shows `share`, in [0, 1], with a mark at each of `marks`. `class` says in which colour. Hidden from screen readers: the number
/// stands beside it in words.
#[component]
pub fn Gauge(share: Signal<f64>, class: Signal<&'static str>, marks: Vec<f64>) -> impl IntoView {
    let arc = "M20 120A100 100 0 0 1 220 120";
    let marks = marks.into_iter().filter(|m| *m > 0.0 && *m < 1.0).map(|mark| {
        let ((x1, y1), (x2, y2)) = (point(mark, RADIUS - 14.0), point(mark, RADIUS + 14.0));
        view! { <line class="gauge-mark" x1=x1 y1=y1 x2=x2 y2=y2 /> }
    });
    let filled = move || format!("{:.3} 200", share.get().clamp(0.0, 1.0) * 100.0);
    let tip = move || point(share.get().clamp(0.0, 1.0), RADIUS);
    view! {
        <svg class=move || format!("gauge {}", class.get()) viewBox="0 0 240 132" aria-hidden="true">
            <path class="gauge-track" d=arc />
            <path class="gauge-fill" d=arc pathLength="100" stroke-dasharray=filled />
            {marks.collect_view()}
            <circle class="gauge-tip" r="6" cx=move || tip().0 cy=move || tip().1 />
        </svg>
    }
}
