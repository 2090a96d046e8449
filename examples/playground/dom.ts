// The few phrases the page is made of.

const svgSpace = 'http://www.w3.org/2000/svg';

type Attributes = Readonly<Record<string, string | number>>;

function dressed<E extends Element>(element: E, attributes: Attributes, children: readonly (Node | string)[]): E {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

export const html = <Name extends keyof HTMLElementTagNameMap>(
  name: Name, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] => dressed(document.createElement(name), attributes, children);

export const svg = <Name extends keyof SVGElementTagNameMap>(
  name: Name, attributes: Attributes = {}, ...children: (Node | string)[]
): SVGElementTagNameMap[Name] => dressed(document.createElementNS(svgSpace, name), attributes, children);

/** Writes attributes that changed; reading one is cheaper than writing it. */
export function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** An element of the page by its id. */
export function part<E extends Element = HTMLElement>(id: string): E {
  const found = document.querySelector<E>(`#${id}`);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** As many children as there are items: missing ones are made, those left over removed. */
export function fitChildren(parent: Element, count: number, make: (i: number) => Element): Element[] {
  while (parent.children.length > count) parent.lastElementChild!.remove();
  while (parent.children.length < count) parent.append(make(parent.children.length));
  return [...parent.children];
}

/** Three significant digits, as a reader compares them. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return x > 0 ? '∞' : Number.isNaN(x) ? 'not a number' : '−∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text = size >= 1e4 || size < 1e-3 ? x.toExponential(1) : x.toPrecision(3);
  return text.replaceAll('-', '−');
}
