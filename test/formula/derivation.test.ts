import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FormatError } from '../../src/base/errors.ts';
import { indexNames } from '../../src/formula/declarations.ts';
import { parseDerivation, type Derivation } from '../../src/formula/derivation.ts';
import { reserved } from '../../src/formula/grammar.ts';
import { printClaim, printDerivation, printExpr } from '../../src/formula/print.ts';
import { statementWords } from '../../src/formula/statements.ts';
import { mutated, runs, withoutOrigin } from './arbitraries.ts';
import { paper } from './paper.ts';

/** A derivation without where it was read; the digits of its numbers stay. */
function essence(derivation: Derivation): unknown {
  const withMarks: unknown = JSON.parse(JSON.stringify(derivation), (_, value: unknown) => {
    const number = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'number'
      && 'value' in value;
    return number ? { ...value, digits: 'text' in value ? value.text : '' } : value;
  });
  return withoutOrigin(withMarks, ['column', 'lineNumber', 'text', 'amendedFrom', 'file']);
}

function errorOf(text: string): string {
  try {
    parseDerivation(text, 'p.derivation');
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).message;
  }
  throw new Error('nothing was thrown');
}

describe('reading a derivation', () => {
  const derivation = parseDerivation(paper);
  const [shared, softmax, step] = derivation.sections;

  it('reads title, source and sections, the shared one first', () => {
    expect(derivation).toMatchObject({
      title: 'Support Vector Guided Softmax Loss', source: 'arXiv 1812.11317', notes: ['Typed from the paper.'],
    });
    expect(derivation.sections.map(({ id, title }) => [id, title])).toEqual([
      ['', ''], ['softmax', 'Equation (1), softmax over cosines'], ['step', ''],
    ]);
  });

  it('reads declarations: arrays, labels, scalars and where they are drawn from', () => {
    expect(shared?.declarations.map(({ names, type, domain }) => ({ names, type, domain }))).toEqual([
      { names: ['x'], type: { kind: 'tensor', axes: ['n', 'd'] }, domain: null },
      { names: ['w'], type: { kind: 'tensor', axes: ['k', 'd'] }, domain: null },
      { names: ['y'], type: { kind: 'label', from: 'n', to: 'k' }, domain: null },
      { names: ['s'], type: { kind: 'scalar' }, domain: { kind: 'interval', low: 4, high: 32 } },
      { names: ['q', 'r'], type: { kind: 'scalar' }, domain: { kind: 'list', values: [1, -2, 0.5] } },
    ]);
    expect(shared?.indices).toMatchObject([{ name: 'j', axis: 'k' }]);
  });

  it('knows which names are indices', () => {
    if (shared === undefined || step === undefined) throw new Error('sections');
    expect([...indexNames(shared)]).toEqual([['n', 'n'], ['d', 'd'], ['k', 'k'], ['j', 'k']]);
    expect(indexNames(shared, step).get('i')).toBe('k');
    const local = parseDerivation('declare x: n d\nsection a\ndeclare d: scalar\nclaim D1 max(d, 2) = 2').sections;
    expect([...indexNames(local[0]!, local[1]!)]).toEqual([['n', 'n']]);
    expect(local[1]?.lines[0]?.claim?.left.kind).toBe('call');
  });

  it('reads definitions, claims, numbers and steps', () => {
    const ids = softmax?.lines.map(({ kind, id }) => `${kind} ${id}`);
    expect(ids).toEqual(['define D3', 'define (1)', 'claim D4', 'claim (14)', 'number F2a']);
    expect(softmax?.lines[0]?.target).toEqual({ name: 'c', index: ['k'] });
    expect(softmax?.lines[4]?.claim?.right).toMatchObject({ kind: 'number', text: '1.6094' });
    expect(step?.lines[0]?.target).toEqual({ name: "w'", index: [] });
    expect(step?.lines[1]?.claim?.where).toMatchObject({ kind: 'compare', op: '<' });
  });

  it('keeps the printed line and the amended one', () => {
    const line = softmax?.lines[3];
    expect(line?.claim && printClaim(line.claim)).toBe('d(mean(n, L), w[k]) = mean(n, d(L, c[k]) * x)');
    expect(line?.amended && printExpr(line.amended.right)).toBe(
      'mean(n, d(L, c[k]) * (unit(x) - c[k] * unit(w[k])) / norm(w[k]))');
    expect(line?.text.slice(line.claim?.left.column)).toMatch(/^d\(mean/);
    expect(line?.amendedFrom?.text.slice(line.amended?.right.column)).toMatch(/^mean\(n, d/);
  });

  it('keeps prose with what it stands above or beside', () => {
    expect(shared?.declarations[3]?.notes).toEqual(['the scale']);
    expect(softmax?.notes).toEqual(['Angles are radians.', '', 'Cosines first.']);
    expect(softmax?.lines[3]?.notes).toEqual(['as the paper prints it', 'with the Jacobian', 'of the unit vector']);
    expect(step?.lines[1]?.notes).toEqual(['Descent, for small steps.', 'The end.']);
  });

  it('keeps the lines of a statement as they stand in the file, and remembers the first', () => {
    expect(softmax?.lines[1]?.text).toMatch(/^define  \(1\)  L = -log\(exp\(s \* c\[y\]\)\n +\/ \(exp/);
    expect(softmax?.lines[1]?.lineNumber).toBe(18);
  });

  it('lets a section see its declarations wherever they stand', () => {
    const { sections } = parseDerivation('claim D1 max(i, c[i]) = 1\ndeclare c: k\nindex i: k');
    expect(sections[0]?.lines[0]?.claim?.left.kind).toBe('bound');
  });

  it('reads Windows line ends, a byte order mark, tabs, and a file without any statement', () => {
    const marked = parseDerivation(`\uFEFFdeclare x: n\r\nclaim\tD1\tx = x\r\n\t+ 0\r\n`);
    expect(marked.sections[0]?.lines[0]?.text).toBe('claim\tD1\tx = x\n\t+ 0');
    expect(parseDerivation('# nothing\n\n')).toMatchObject({ notes: ['nothing'], sections: [{ id: '', lines: [] }] });
  });
});

describe('refusing what is no derivation', () => {
  it.each([
    ['clam D1 a = b', '1:1', /'clam' at the start[^]*write claim/],
    ['D1 a = b', '1:1', /indent a continuation/],
    ['claim', '1:6', /nothing where the id/],
    ['claim D1', '1:9', /the end where a name/],
    ['claim a = b', '1:7', /'a' where the id of a line/],
    ['claim norm(x) = 1', '1:7', /'norm\(x\)' where the id/],
    ['define c[k] = 1', '1:8', /where the id/],
    ['define D1 2 = x', '1:11', /the name to define/],
    ['define D1 exp = x', '1:11', /cannot be names/],
    ['define D1 sv.L = x', '1:11', /a dot reads a name of another section/],
    ['define D1 x = 1\ndefine D2 x = 2', '2:11', /'x' as a defined name, and it is a defined name already/],
    ['declare x: n\ndefine D1 x = 2', '2:11', /it is a declared name already/],
    ['claim D1 a = b\nclaim D1 c = e', '2:7', /second line D1/],
    ['claim D1 a = b +\n  2 x', '2:5', /always written with/],
    ['claim D1 a = b\n\n  + c', '3:3', /no statement above/],
    ['claim D1 a = b\n# prose\n  + c', '3:3', /no statement above/],
    [' claim D1 a = b', '1:2', /indented by one space/],
    ['step D1 w = 2', '1:9', /write w' = …/],
    ['number D1 2 < 3', '1:15', /number line/],
    ['number D1 2 = 1 + 1', '1:17', /number line/],
    ['number D1 2 = 2 where a < b', '1:15', /number line/],
    ['amend a = b', '1:1', /no claim or number above/],
    ['define D1 a = b\namend a = b', '2:1', /no claim or number above/],
    ['claim D1 a = b\namend a = c\namend a = e', '3:1', /no claim or number above/],
    ['title a\ntitle b', '2:1', /a second 'title'/],
    ['section a\nsource b', '2:1', /a late 'source'/],
    ['section a: b\nsection a: c', '2:9', /second section 'a'/],
    ['section : b', '1:9', /the id of a section is needed/],
    ['section a b', '1:11', /'b' in the id of a section/],
    ['section a.b: c', '1:9', /dotted name/],
    ['declare x n d', '1:14', /':' is needed/],
    ['declare : n d', '1:9', /a declared name is needed/],
    ['declare sum: n d', '1:9', /'sum' as a declared name/],
    ['declare x x: n', '1:11', /it is a declared name already/],
    ['declare x:', '1:11', /an axis or scalar is needed/],
    ['declare x: n n', '1:14', /axis 'n' twice/],
    ['declare x: n d w: k', '1:17', /one declaration stands on a line/],
    ['declare n: n d', '1:12', /'n' as an axis, and it is a declared name/],
    ['declare y: n -> k d', '1:19', /one declaration/],
    ['declare y: n -> k in {1}', '1:19', /after a label map/],
    ['declare s: scalar in 4', '1:22', /an interval or a list/],
    ['declare s: scalar in [4, 2]', '1:22', /low < high/],
    ['declare s: scalar in [4]', '1:22', /low < high/],
    ['declare s: scalar in {4, a}', '1:26', /a number is needed/],
    ['declare s: scalar in {}', '1:23', /a number is needed/],
    ['declare s: scalar in {4]', '1:24', /'}' is needed/],
    ['index j: k', '1:10', /'k', which is no axis/],
    ['declare x: n d\nindex x: d', '2:7', /it is a declared name already/],
    ['declare x: n d\nindex j: d n', '2:12', /one axis/],
    ['declare x: n d\ndeclare w: k d\nsection a: b\nindex n: k', '4:7', /axis of samples/],
    ['declare x: n d\nclaim D1 max(k != y, x) = 1', '2:14', /'k' in max, and that is not an index/],
  ])('refuses %j at %s', (text, place, says) => {
    const message = errorOf(text);
    expect(message.split('\n')[0]).toMatch(new RegExp(`^p\\.derivation:${place}: found `));
    expect(message).toMatch(says);
    expect(message).toMatch(/\nRule: [^]*\.\nDo: [^]*\.$/);
  });

  it('shows the line of the file, not of the joined statement', () => {
    const text = 'declare x: n\nclaim D1 x = 1 # first\n    + 2 * # second\n    (3 + == x)\n';
    expect(errorOf(text)).toMatchInlineSnapshot(`
      "p.derivation:4:10: found '==', which the notation does not have
            (3 + == x)
                 ^
      Rule: a formula is made of names, numbers, + - * / ^, comparisons and calls.
      Do: write =."
    `);
  });
});

describe('the page on the notation', () => {
  const page = readFileSync(new URL('../../docs/notation.md', import.meta.url), 'utf8');

  it('shows derivations that can be read', () => {
    const blocks = [...page.matchAll(/```\n([^]*?)```/g)].map((match) => parseDerivation(match[1] ?? '').sections);
    expect(blocks.map((sections) => sections.flatMap(({ lines }) => lines.map(({ id }) => id)))).toEqual([
      ['D3', '(1)', 'D4'], ['A2'], ['(14)'],
    ]);
  });

  it('names every function, keyword and statement', () => {
    const words = new Set(page.match(/[a-z]\w*/g));
    expect([...reserved, ...statementWords].filter((word) => !words.has(word))).toEqual([]);
  });
});

describe('printing a derivation', () => {
  it('writes prose above its statement and lines up the ids', () => {
    expect(printDerivation(parseDerivation(paper))).toMatchInlineSnapshot(`
      "# Typed from the paper.
      title   Support Vector Guided Softmax Loss
      source  arXiv 1812.11317

      declare x: n d
      declare w: k d
      declare y: n -> k
      # the scale
      declare s: scalar in [4, 32]
      declare q r: scalar in {1, -2, 0.5}
      index   j: k

      # Angles are radians.
      #
      # Cosines first.
      section softmax: Equation (1), softmax over cosines

      define  D3   c[k] = dot(unit(w[k]), unit(x))
      define  (1)  L = -log(exp(s * c[y]) / (exp(s * c[y]) + sum(k != y, exp(s * c[k]))))
      claim   D4   d(c[k], x) = (unit(w[k]) - c[k] * unit(x)) / norm(x)
      # as the paper prints it
      # with the Jacobian
      # of the unit vector
      claim   (14) d(mean(n, L), w[k]) = mean(n, d(L, c[k]) * x)
      amend        d(mean(n, L), w[k]) = mean(n, d(L, c[k]) * (unit(x) - c[k] * unit(w[k])) / norm(w[k]))
      number  F2a  -log(0.2) = 1.6094

      section step
      declare eta: scalar in [0.001, 0.1]
      index   i: k

      step    A1   w' = w - eta * d(mean(n, softmax.L), w)
      # Descent, for small steps.
      # The end.
      claim   A2   mean(n, at(softmax.L, w = w')) < mean(n, softmax.L) where eta < 0.01
      "
    `);
  });

  it('keeps prose that stands before a file without title', () => {
    const text = '# prose\ntitle\n\ndeclare x: n\n';
    expect(printDerivation(parseDerivation(text))).toBe(text);
  });

  it('law: what is printed reads back as the same derivation, and printing it again changes nothing', () => {
    let readable = 0;
    fc.assert(fc.property(mutated([paper]), (text) => {
      let derivation: Derivation;
      try {
        derivation = parseDerivation(text);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        return;
      }
      readable += 1;
      const printed = printDerivation(derivation);
      const again = parseDerivation(printed);
      expect(essence(again)).toEqual(essence(derivation));
      expect(printDerivation(again)).toBe(printed);
    }), { ...runs, numRuns: 20 * runs.numRuns });
    expect(readable).toBeGreaterThan(runs.numRuns);
  });
});
