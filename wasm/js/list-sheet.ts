// The style sheet of `<lead-list>`; its custom properties are those of `<lead-score>`.

/** @internal */
export const SHEET = `
:host { display: block; color: var(--lead-score-text, #1c2733); font: var(--lead-score-font, 0.9375rem/1.45 system-ui, sans-serif); }
:host([hidden]), [hidden] { display: none; }
.card { background: var(--lead-score-background, #fff); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; inline-size: 100%; }
th, td { text-align: start; padding: 0.35rem 0.6rem; border-block-end: 1px solid var(--lead-score-border, #c9d3dd); overflow-wrap: anywhere; vertical-align: top; }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.muted { color: var(--lead-score-muted, #51606e); }
.note { border-inline-start: 3px solid var(--lead-score-negative, #a3262a); padding-inline-start: 0.6rem; margin: 0.5rem 0; }
.bar { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; margin-block: 0.5rem; }
button { font: inherit; color: inherit; background: transparent; border: 1px solid var(--lead-score-border-strong, #6d7d8c); border-radius: 6px; min-block-size: 2rem; padding: 0.15rem 0.6rem; cursor: pointer; }
button:disabled { opacity: 0.5; cursor: default; }
th button, td button { border: 0; padding: 0 0.2rem; text-align: inherit; min-block-size: 1.5rem; }
th button { font-weight: 600; }
td button { color: var(--lead-score-accent, #0b5cad); text-decoration: underline; }
button:hover:enabled { background: var(--lead-score-hover, #eef3f8); }
button:focus-visible, .scroll:focus-visible { outline: 2px solid var(--lead-score-accent, #0b5cad); outline-offset: 2px; }
th[aria-sort="ascending"] button::after { content: " ▲"; content: " ▲" / ""; }
th[aria-sort="descending"] button::after { content: " ▼"; content: " ▼" / ""; }
.spoken { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.card { position: relative; }
@media (prefers-color-scheme: dark) {
  :host([theme="auto"]) { --lead-score-text: #e6edf3; --lead-score-background: #16202a; --lead-score-border: #33424f; --lead-score-border-strong: #8496a5; --lead-score-muted: #a9b7c3; --lead-score-accent: #7db8f5; --lead-score-hover: #22303c; --lead-score-negative: #f29a9c; }
}
@media print { .bar, .retry { display: none; } }
`;
