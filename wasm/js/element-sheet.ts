// The elements' style sheet: constructed, so that a strict policy allows it; logical sides, so that it can be mirrored.

/** The style sheet of `<lead-score>`. @internal */
export const SHEET = `
:host { display: block; container-type: inline-size; color: var(--lead-score-text, #1c2733); font: var(--lead-score-font, 0.9375rem/1.45 system-ui, sans-serif); }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
.card { position: relative; background: var(--lead-score-background, #fff); border: 1px solid var(--lead-score-border, #c9d3dd); border-radius: var(--lead-score-radius, 8px); padding: var(--lead-score-padding, 1rem); }
.head { display: flex; align-items: baseline; gap: 0.75rem; flex-wrap: wrap; }
.score { font-size: 2.25rem; font-weight: 700; line-height: 1; font-variant-numeric: tabular-nums; }
.band { border: 1px solid currentColor; border-radius: 1em; padding: 0.05em 0.6em; font-weight: 600; overflow-wrap: anywhere; }
.note, .change, .model { margin: 0.5rem 0 0; overflow-wrap: anywhere; }
.note { border-inline-start: 3px solid var(--lead-score-accent, #0b5cad); padding-inline-start: 0.6rem; }
.note.error { border-color: var(--lead-score-negative, #a3262a); }
.reasons { list-style: none; margin: 0.75rem 0 0; padding: 0; }
.reasons li { padding: 0.15rem 0; padding-inline-start: 1.1rem; position: relative; overflow-wrap: anywhere; }
.reasons li::before { position: absolute; inset-inline-start: 0; }
.reasons .up::before { content: "▲"; content: "▲" / ""; color: var(--lead-score-positive, #1a6b3c); font-size: 0.75em; line-height: 2; }
.reasons .down::before { content: "▼"; content: "▼" / ""; color: var(--lead-score-negative, #a3262a); font-size: 0.75em; line-height: 2; }
.model, .rest { color: var(--lead-score-muted, #51606e); }
.model { font-size: 0.8125rem; }
button { font: inherit; color: inherit; background: transparent; border: 1px solid var(--lead-score-border-strong, #6d7d8c); border-radius: 6px; min-block-size: 2rem; min-inline-size: 2rem; padding: 0.15rem 0.6rem; cursor: pointer; }
button:hover { background: var(--lead-score-hover, #eef3f8); }
button[aria-pressed="true"] { background: var(--lead-score-accent, #0b5cad); border-color: var(--lead-score-accent, #0b5cad); color: var(--lead-score-on-accent, #fff); }
button:focus-visible, input:focus-visible, select:focus-visible { outline: 2px solid var(--lead-score-accent, #0b5cad); outline-offset: 2px; }
.feedback, .why { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-block-start: 0.75rem; }
.rep { margin-block-start: 0.5rem; }
.why label { flex-basis: 100%; }
input, select { font: inherit; color: inherit; background: var(--lead-score-background, #fff); border: 1px solid var(--lead-score-border-strong, #6d7d8c); border-radius: 6px; padding: 0.3rem 0.5rem; }
.why input { flex: 1 1 12rem; min-inline-size: 0; }
.more { margin-block-start: 0.75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; inline-size: 100%; margin-block-start: 0.5rem; font-size: 0.875rem; }
th, td { text-align: start; padding: 0.2rem 0.4rem; border-block-end: 1px solid var(--lead-score-border, #c9d3dd); overflow-wrap: anywhere; }
th { font-weight: 600; }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.chart { inline-size: 30%; min-inline-size: 5rem; }
.bar { display: block; block-size: 0.7rem; inline-size: calc(var(--size) * 50%); margin-inline-start: 50%; background: var(--lead-score-positive, #1a6b3c); forced-color-adjust: none; }
.bar.down { margin-inline-start: calc(50% - var(--size) * 50%); background: var(--lead-score-negative, #a3262a); }
.spoken { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@container (max-width: 22rem) { .chart { display: none; } .feedback span { flex: 1 1 5rem; } }
@media (prefers-color-scheme: dark) {
  :host([theme="auto"]) { --lead-score-text: #e6edf3; --lead-score-background: #16202a; --lead-score-border: #33424f; --lead-score-border-strong: #8496a5; --lead-score-muted: #a9b7c3; --lead-score-accent: #7db8f5; --lead-score-on-accent: #0b1620; --lead-score-hover: #22303c; --lead-score-positive: #6fce95; --lead-score-negative: #f29a9c; }
}
@media (forced-colors: active) {
  .bar, .bar.down { background: CanvasText; }
  button[aria-pressed="true"] { forced-color-adjust: none; background: Highlight; border-color: Highlight; color: HighlightText; }
}
@media print {
  .feedback, .why, .rep, .more > button, .retry { display: none !important; }
  .panel[hidden] { display: block !important; }
  .card { border-color: #000; break-inside: avoid; }
  .bar { print-color-adjust: exact; }
}
`;
