// One page that stands alone: a document with its style inside, no script, nothing fetched. Light and dark follow the
// reader, wide tables scroll in a box of their own, paper gets everything unfolded. What a page says is its maker's
// affair; this file only knows headings, tables, folds and code.

import { Markup, markup, type Part } from './markup.ts';

export interface PageOptions {
  readonly title: string;
  /** A sentence or two below the title. */
  readonly lead?: Part;
  /** Sections to jump to: id and name. */
  readonly contents?: readonly (readonly [id: string, name: string])[];
  readonly body: Part;
}

/** The whole file. */
export function page({ title, lead = '', contents = [], body }: PageOptions): string {
  const links = contents.map(([id, name]) => markup`<li><a href="#${id}">${name}</a></li>\n`);
  const navigation = contents.length === 0 ? '' : markup`<nav aria-label="Contents"><ul>\n${links}</ul></nav>\n`;
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="generator" content="Marginalia"/>
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header><h1>${title}</h1>
${lead}</header>
${navigation}<main>
${body}
</main>
</body>
</html>
`.text;
}

export interface Column {
  readonly name: string;
  /** Numbers stand at the right. */
  readonly kind?: 'number' | 'text';
}

export interface Row {
  /** The first cell names the row. */
  readonly cells: readonly Part[];
  readonly id?: string;
  /** Told apart by more than this class: it only colours. */
  readonly tone?: string;
}

/** A table in a box that scrolls; the caption names both. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  const heads = columns.map(({ name, kind }) => markup`<th scope="col"${classOf(kind)}>${name}</th>`);
  const lines = rows.map(({ cells, id, tone }) => {
    const place = id === undefined ? '' : markup` id="${id}"`;
    const rest = cells.slice(1).map((cell, i) => markup`<td${classOf(columns[i + 1]?.kind)}>${cell}</td>`);
    return markup`<tr${place}${classOf(tone)}><th scope="row">${cells[0] ?? ''}</th>${rest}</tr>\n`;
  });
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${lines}</tbody></table></div>
`;
}

const classOf = (name: string | undefined): Part => (name === undefined ? '' : markup` class="${name}"`);

/** A part that folds away under its title; open unless said otherwise. */
export function fold(title: Part, inside: Part, { open = true }: { readonly open?: boolean } = {}): Markup {
  return markup`<details${open ? new Markup(' open=""') : ''}><summary>${title}</summary>
${inside}</details>
`;
}

/** Text as it stands, in a box that scrolls. */
export function listing(text: string, name: string): Markup {
  return markup`<pre class="scroll" role="region" aria-label="${name}" tabindex="0"><code>${text}</code></pre>\n`;
}

/** A link where there is somewhere to go, else the words alone. */
export function link(target: string | undefined, words: Part): Markup {
  return target === undefined ? markup`${words}` : markup`<a href="${target}">${words}</a>`;
}

// A box that scrolls has a shadow on every side where more of it is: grounds that scroll along cover those that do not.
// Every pair of ink and ground below has a contrast of at least 4.5; a test computes it.
const style = `
:root{color-scheme:light dark;--paper:#ffffff;--ink:#1a1a1a;--quiet:#595959;--rule:#d4d4d4;--band:#f4f4f2;--link:#0b5394;--good:#00634a;--odd:#7a4b00;--bad:#a11a1a;--back:#5b3a8c;--shade:#cfcfcf}
@media screen and (prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#f0f0f0;--quiet:#b0b4b8;--rule:#3d434a;--band:#1f242a;--link:#7ab8f5;--good:#4fd1a5;--odd:#e8b04a;--bad:#ff8f85;--back:#c3a6ff;--shade:#000000}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:80rem;padding:1rem clamp(.8rem,3vw,2.5rem) 4rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.3rem;line-height:1.3;margin:2.5rem 0 .5rem}
h3{font-size:1.05rem;margin:1.2rem 0 .3rem}
p{max-width:46rem;margin:.5rem 0}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
nav ul{columns:15rem;padding-left:1.2rem;margin:.8rem 0}
code,pre,.matrix{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.86em}
pre{background:var(--band);padding:.6rem .8rem;margin:.5rem 0;white-space:pre;line-height:1.45}
.scroll{overflow-x:auto;max-width:100%}
div.scroll{background:linear-gradient(90deg,var(--paper) 40%,transparent) 0/2.5em 100% local,linear-gradient(270deg,var(--paper) 40%,transparent) 100%/2.5em 100% local,linear-gradient(90deg,var(--shade),transparent) 0/.9em 100%,linear-gradient(270deg,var(--shade),transparent) 100%/.9em 100%;background-repeat:no-repeat}
table{border-collapse:collapse;margin:.5rem 0}
caption{text-align:left;white-space:nowrap;color:var(--quiet);padding:.2rem 0 .4rem;font-size:.9rem}
th,td{padding:.35rem 1.4rem .35rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{color:var(--quiet);font-weight:600;font-size:.85rem;white-space:nowrap}
tbody th{font-weight:600;white-space:nowrap}
.study tbody th{white-space:normal;min-width:4rem}
.study td:not(.number){min-width:7rem}
td.number,th.number{text-align:right;padding-right:1.1rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.under{display:block;font-weight:400;font-size:.8rem;color:var(--quiet)}
h2+.scroll caption,h2+p+.scroll caption,h2+details+.scroll caption,h2+p+details+.scroll caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.matrix{display:block;white-space:pre;font-variant-numeric:tabular-nums}
.quiet{color:var(--quiet)}
.holds{color:var(--good)}
.amended,.unexercised{color:var(--odd)}
.fails{color:var(--bad)}
.back{color:var(--back)}
.holds,.amended,.fails,.unexercised{font-weight:600;white-space:nowrap}
p.fails{white-space:normal}
.note{font-size:.9rem;max-width:46rem}
.formula{margin:.35rem 0}
.rule math,.rule code{color:var(--back)}
td p{margin:.2rem 0}
details{margin:.6rem 0}
summary{cursor:pointer;font-weight:600;padding:.2rem 0}
math{font-size:1.06rem}
mtable.cases mtd{text-align:left;padding-left:.2em;padding-right:.6em}
.lines th,.lines td{padding-right:.7rem}
@media screen and (max-width:56rem){.lines table,.lines tbody,.lines tr,.lines tbody th,.lines td{display:block}.lines thead{display:none}.lines tr{border-bottom:1px solid var(--rule);padding:.4rem 0}.lines tbody th,.lines td{border:0;padding:.15rem 0;text-align:left}.lines .formula,.lines .matrix{overflow-x:auto;overflow-y:hidden}.lines td:nth-child(n+3)::before{content:"value ";display:block;color:var(--quiet);font-size:.8rem}.lines td:empty{display:none}.lines td:nth-child(4)::before{content:"adjoint "}.lines td:nth-child(5)::before{content:"proof "}}
tr:target,pre :target{background:var(--band)}
@media print{body{max-width:none;padding:0;font-size:9pt}.scroll{overflow:visible}pre{white-space:pre-wrap}nav{display:none}details::details-content{content-visibility:visible;height:auto}h2,summary{break-after:avoid}tr{break-inside:avoid}a{color:inherit;text-decoration:none}}
`;
