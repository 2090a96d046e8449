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

const written = new WeakMap<Element, Record<string, string | number | null>>();

/**
 * Writes the attributes that changed; null takes one away. What was written is remembered here, because asking the page
 * for hundreds of attributes a frame takes as long as writing them; so an attribute set here is set nowhere else.
 */
export function set(element: Element, attributes: Readonly<Record<string, string | number | null>>): void {
  const last = written.get(element) ?? {};
  written.set(element, last);
  for (const name in attributes) {
    const value = attributes[name]!;
    if (last[name] === value) continue;
    last[name] = value;
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, String(value));
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

const fitted = new WeakMap<Element, readonly Element[]>();

/** As many children as there are items: missing ones are made, those left over removed. */
export function fitChildren(parent: Element, count: number, make: (i: number) => Element): readonly Element[] {
  const kept = fitted.get(parent) ?? [];
  if (kept.length === count) return kept;
  for (const extra of kept.slice(count)) extra.remove();
  const missing = Array.from({ length: Math.max(0, count - kept.length) }, (_, i) => make(kept.length + i));
  parent.append(...missing);
  const children = [...kept.slice(0, count), ...missing];
  fitted.set(parent, children);
  return children;
}
