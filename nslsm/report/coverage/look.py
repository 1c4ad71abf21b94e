"""How the page about coverage looks: one style sheet, light and dark, nothing loaded from anywhere."""

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #fcfcfb; --ink: #1d1f21; --soft: #666b70; --line: #e3e3df; --panel: #f4f4f1;
  --full: #2e7d4f; --part: #9a6700; --none: #b3261e;
  --part-back: #fff3d1; --none-back: #fde3e0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181a; --ink: #e4e4e0; --soft: #9aa0a6; --line: #2d3135; --panel: #1d2023;
    --full: #6cc38a; --part: #e3b341; --none: #ff8a80;
    --part-back: #3a2f12; --none-back: #451f1d;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 110rem; padding: 2rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; overflow-wrap: anywhere; }
h2 small { color: var(--soft); font-weight: normal; margin-left: .75rem; }
a { color: inherit; }
.soft { color: var(--soft); }
.totals { display: flex; flex-wrap: wrap; gap: 1rem; margin-bottom: 1.5rem; }
.total { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1.25rem;
  min-width: 14rem; }
.total b { display: block; font-size: 1.7rem; line-height: 1.2; }
.tables { display: flex; flex-wrap: wrap; gap: 0 4rem; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .2rem 1.5rem .2rem 0; white-space: nowrap; vertical-align: baseline; }
tr.top td { padding-top: .7rem; font-weight: 600; }
td.in { padding-left: 1.25rem; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
meter { width: 7rem; height: .8rem; vertical-align: middle; margin-right: .6rem; }
.full { color: var(--full); } .part { color: var(--part); } .none { color: var(--none); } .out { color: var(--soft); }
.legend { font-size: .9rem; color: var(--soft); margin: 1.5rem 0 0; }
.legend code { color: var(--ink); margin-right: .4rem; }
.legend span { white-space: nowrap; margin-right: 1.2rem; }
.source { border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.l { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr) minmax(16rem, 30rem); border-left: 4px solid transparent; }
.l:target { outline: 2px solid var(--part); }
.l.full { border-left-color: var(--full); }
.l.part { border-left-color: var(--part); }
.l.none { border-left-color: var(--none); }
.l, .l > * { color: var(--ink); }
.l > a { color: var(--soft); text-align: right; padding-right: 1rem; text-decoration: none; user-select: none; }
.l > a, code { font: 13px/1.65 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.l > code { white-space: pre-wrap; overflow-wrap: anywhere; }
mark, mark.full, mark.part, mark.none, mark.out { color: inherit; }
mark { background: none; border-bottom: 2px solid var(--full); cursor: help;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark.part { background: var(--part-back); border-bottom-color: var(--part); }
mark.none { background: var(--none-back); border-bottom-color: var(--none); }
mark.out { border-bottom: 2px dotted var(--soft); }
mark.whole { padding-bottom: 4px; background: none; border-bottom-style: dotted; }
.note { padding: .1rem 1rem; font-size: .82rem; border-left: 1px solid var(--line); }
.note p { margin: 0; overflow-wrap: anywhere; }
.note code { font-size: 12px; }
.note details { color: var(--soft); }
.note summary { cursor: pointer; }
.note td, .note th { padding: 0 1rem 0 0; font-size: .8rem; white-space: normal; }
@media (max-width: 60rem) {
  body { padding: 1rem; }
  .l { grid-template-columns: 3.5rem minmax(0, 1fr); }
  .note { grid-column: 2; border-left: 0; padding: 0 0 .4rem; }
  .note:empty { display: none; }
}
@media print { .note details { display: none; } }
"""
