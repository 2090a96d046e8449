// A strict reader of XML, large enough for SVG: anything a browser would refuse, it refuses.

export interface Node {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Node[];
  /** The text directly inside, entities resolved. */
  readonly text: string;
}

const name = /[A-Za-z_:][\w:.-]*/y;
const entities = new Map([['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['#39', "'"]]);

export function parseXml(source: string): Node {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${source.slice(at, at + 40)}`);
  };
  const word = (): string => {
    name.lastIndex = at;
    const found = name.exec(source)?.[0] ?? fail('a name was expected');
    at += found.length;
    return found;
  };
  const resolved = (text: string): string => {
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.test(text)) fail('a character XML does not have');
    return text.replace(/&([^;]*);?/g, (whole, entity: string) => (whole.endsWith(';') ? entities.get(entity) : undefined) ?? fail(`the entity ${whole.slice(0, 12)}`));
  };
  const node = (): Node => {
    if (source[at++] !== '<') fail('< was expected');
    const tag = word();
    const attributes = new Map<string, string>();
    for (;;) {
      const gap = /\s*/y;
      gap.lastIndex = at;
      const space = gap.exec(source)![0].length;
      at += space;
      if (source.startsWith('/>', at)) {
        at += 2;
        return { name: tag, attributes, children: [], text: '' };
      }
      if (source[at] === '>') break;
      if (space === 0) fail('a space was expected');
      const key = word();
      if (attributes.has(key)) fail(`the attribute ${key} twice`);
      if (source.slice(at, at + 2) !== '="') fail('=" was expected');
      const end = source.indexOf('"', at + 2);
      const value = source.slice(at + 2, end);
      if (end < 0 || value.includes('<')) fail('an attribute does not end');
      attributes.set(key, resolved(value));
      at = end + 1;
    }
    at++;
    const children: Node[] = [];
    let text = '';
    for (;;) {
      const next = source.indexOf('<', at);
      if (next < 0) fail(`<${tag}> is not closed`);
      const piece = source.slice(at, next);
      if (piece.includes('>')) fail('a bare >');
      text += resolved(piece);
      at = next;
      if (source.startsWith('</', at)) {
        at += 2;
        if (word() !== tag) fail(`</${tag}> was expected`);
        if (source[at++] !== '>') fail('> was expected');
        return { name: tag, attributes, children, text };
      }
      children.push(node());
    }
  };
  const root = node();
  if (source.slice(at).trim() !== '') fail('something follows the root');
  return root;
}

/** All elements of a name, in order, with the offset of the inner pictures they lie in. */
export function find(root: Node, wanted: string, dx = 0, dy = 0): { node: Node; dx: number; dy: number }[] {
  const inner = root.name === 'svg' ? [dx + Number(root.attributes.get('x') ?? 0), dy + Number(root.attributes.get('y') ?? 0)] as const : [dx, dy] as const;
  return [...(root.name === wanted ? [{ node: root, dx, dy }] : []), ...root.children.flatMap((child) => find(child, wanted, ...inner))];
}

export const value = (node: Node, key: string): number => Number(node.attributes.get(key));
