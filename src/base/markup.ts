// Markup that cannot be broken by what it is given: a template whose texts are escaped wherever they stand, while
// pieces that are markup already stay as they are. It knows neither tags nor pages; see page.ts.

/** Text between tags or in an attribute; what XML cannot hold (controls, half pairs) becomes the replacement character. */
export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, '\ufffd')
    .replace(/[&<>"']/g, (c) => entities[c]!);
}

/** A piece of markup, told apart from a text by its type. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | readonly Part[];

/** `` markup`<b>${text}</b>` ``: texts are escaped, lists are joined. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(texts.map((text, i) => text + (i < parts.length ? written(parts[i]!) : '')).join(''));
}

function written(part: Part): string {
  if (part instanceof Markup) return part.text;
  return typeof part === 'object' ? part.map(written).join('') : escapeText(String(part));
}
