import { describe, expect, it } from 'vitest';
import { grad, type Tensor, tensor } from 'marginalia';
import { catalogue } from 'marginalia/losses';
import { lines, losses, picture, pointOf, sliders, turn, withLoss } from '../../examples/playground/model.ts';
import { check, derivationText } from '../../examples/playground/own.ts';
import { initial, scattered, type State, svFormulas } from '../../examples/playground/state.ts';
import { partsTouched } from '../../examples/playground/touched.ts';

const state: State = { ...initial, ...scattered(5, 6, 3), selected: 4 };

describe('the picture', () => {
  it('has the gradients of the loss itself', () => {
    const { dx, dw, loss } = picture(state);
    const f = catalogue[state.loss]!.create({ s: 16, m: 0.2, t: 1.2 });
    const x = tensor(state.samples.map((s) => [...pointOf(s.angle, s.length)]), { dtype: 'f64' });
    const w = tensor(state.weights.map((a) => [...pointOf(a)]), { dtype: 'f64' });
    const y = tensor(state.samples.map((s) => s.label), { dtype: 'i32' });
    const [gx, gw] = grad((a: Tensor, b: Tensor) => f(a, b, y), { wrt: [0, 1] })(x, w);
    expect(dx).toEqual(gx.toArray());
    expect(dw).toEqual(gw.toArray());
    expect(loss).toBe(f(x, w, y).item());
  });

  it('lights the classes whose cosine is above the target with its margin, and never the own class', () => {
    const { support, scores, isHard, measure } = picture(state);
    const C = state.weights.length;
    const expected = state.samples.flatMap(({ label }, n) => state.weights.map((_, k) => Number(k !== label && scores[n * C + k]! > scores[n * C + label]! - 0.2)));
    expect(Array.from(support)).toEqual(expected);
    expect(isHard).toEqual(state.samples.map((_, n) => expected.slice(n * C, (n + 1) * C).includes(1)));
    expect(isHard).toContain(true);
    expect([measure, picture({ ...state, loss: 'softmax' }).measure]).toEqual(['cosine', 'score']);
  });

  it('gives probabilities that explain the loss', () => {
    const { p, losses: each } = picture(state);
    state.samples.forEach((_, n) => expect(-Math.log(p[n]!)).toBeCloseTo(each[n]!, 9));
  });

  it('has the factor of a loss and the probability it goes by: of a focal loss with a margin another than p', () => {
    const of = (loss: string, parameters = {}) => picture({ ...state, loss, parameters });
    for (const loss of ['f-a-softmax', 'f-am-softmax', 'f-arc-softmax']) {
      const { p, q, g, losses: each } = of(loss, { s: 30, gamma: 3 });
      state.samples.forEach((_, n) => {
        expect(g![n]).toBeCloseTo((1 - q![n]!) ** 3, 12);
        expect(each[n]).toBeCloseTo(g![n]! * -Math.log(p[n]!), 9);
      });
      expect(q![0]).toBeCloseTo(of('normface', { s: 30 }).p[0]!, 12);
      expect(q).not.toEqual(p);
    }
    const { p, q, g } = of('f-softmax', { gamma: 3 });
    expect([q, g![0]]).toEqual([undefined, expect.closeTo((1 - p[0]!) ** 3, 12)]);
    expect(new Set(of('hm-softmax').g as Float64Array)).toEqual(new Set([0, 1]));
    expect([of('arc-softmax').g, of('arc-softmax').q]).toEqual([undefined, undefined]);
  });

  it.each(losses.map(({ id }) => id))('can be drawn for %s at the values of its sliders', (loss) => {
    const other = { ...state, loss, parameters: {} };
    const drawn = picture(other);
    for (const number of [drawn.loss, ...Array.from(drawn.losses), ...drawn.dx.flat(), ...drawn.dw.flat(), ...Array.from(turn(other, 36).losses)]) expect(number).toSatisfy(Number.isFinite);
    expect(drawn.losses).toHaveLength(state.samples.length);
  });

  it.each(losses.map(({ id }) => id))('holds at both ends of every slider of %s', (loss) => {
    for (const slider of sliders({ ...state, loss, parameters: {} })) {
      for (const value of [slider.from, slider.to]) {
        expect(picture({ ...state, loss, parameters: { [slider.name]: value } }).loss).toSatisfy(Number.isFinite);
      }
    }
  });
});

describe('another loss', () => {
  const values = (is: State): Record<string, number> => Object.fromEntries(sliders(is).map(({ name, value }) => [name, value]));

  it('takes a parameter along where it means the same there, and not where only the letter is the same', () => {
    expect(values(withLoss(initial, 'am-softmax'))).toEqual({ s: 16, m: 0.2 });
    expect(values(withLoss(initial, 'a-softmax'))).toEqual({ s: 16, m: 4, lambda: 0 });
    expect(values(withLoss(initial, 'mv-am-softmax'))).toEqual({ s: 16, m: 0.2, t: 0.2 });
    expect(values(withLoss(initial, 'curricular'))).toEqual({ s: 16, m: 0.5, t: 0 });
    expect(values(withLoss(initial, 'sv-arc-softmax'))).toEqual({ s: 16, m: 0.5, t: 1.2 });
  });

  it('has what was set for it before, but for what goes along', () => {
    const plain = withLoss({ ...initial, parameters: { s: 20, t: 1.3, m: 0.1 } }, 'normface');
    expect(plain.parameters).toEqual({ s: 20 });
    expect(withLoss({ ...plain, parameters: { s: 8 } }, 'sv-am-softmax', { s: 20, t: 1.3, m: 0.1 }).parameters).toEqual({ s: 8, t: 1.3, m: 0.1 });
  });
});

describe('a turn around the circle', () => {
  it('passes the sample itself with the loss it has', () => {
    const angle = 72;
    const at = { ...state, samples: state.samples.with(4, { ...state.samples[4]!, angle }) };
    expect(turn(at, 360).losses[72]).toBeCloseTo(picture(at).losses[4]!, 12);
  });

  it.each(losses.map(({ id }) => id))('of %s has the loss that the sample has in its batch, wherever it is put', (loss) => {
    const isMined = 'saveRate' in catalogue[loss]!.parameters;
    for (const saveRate of isMined ? [0.9, 0.2] : [1]) {
      const at = { ...state, loss, parameters: isMined ? { saveRate } : {} };
      const around = Array.from(turn(at, 12).losses);
      around.forEach((l, i) => {
        expect(l).toBeCloseTo(picture({ ...at, samples: at.samples.with(4, { ...at.samples[4]!, angle: 30 * i }) }).losses[4]!, 9);
      });
      if (saveRate === 0.2) expect(around).toContain(0);
    }
  });

  it('ranks the earlier of two equal samples first', () => {
    const twins = [3, 0].map((k) => ({ ...state.samples[0]!, label: k, angle: 40 }));
    for (const [pair, selected] of [[[0, 0], 0], [[0, 0], 1], [[1, 1], 0], [[1, 1], 1]] as const) {
      const at = { ...state, loss: 'hm-softmax', parameters: { saveRate: 0.5 }, samples: pair.map((i) => twins[i]!), selected };
      expect(turn(at, 36).losses[4]).toBeCloseTo(picture(at).losses[selected]!, 12);
    }
  });

  it('accepts less than the cosine alone where there is a margin, and as much where there is none', () => {
    const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;
    const margin = turn(state);
    expect(count(margin.accepted)).toBeLessThan(count(margin.nearest));
    const plain = turn({ ...state, loss: 'normface' });
    expect(plain.accepted).toEqual(plain.nearest);
  });
});

describe('the lines of the selected sample', () => {
  it.each(losses.map(({ id }) => id))('of %s light something in the picture, each of them', (loss) => {
    const explanation = lines({ ...state, loss, parameters: {} });
    const parts = partsTouched(explanation);
    const mains = explanation.lines.filter(({ main, dtype }) => main && dtype !== 'i32');
    expect(mains.filter(({ number }) => parts.get(number)!.length === 0).map(({ name }) => name)).toEqual([]);
  });

  it('without a symbol light what they are made of', () => {
    const explanation = lines(state);
    const parts = partsTouched(explanation);
    const of = (name: string): readonly string[] => parts.get(explanation.lines.find((line) => line.name === name)!.number)!;
    expect([of('u1'), of('u4'), of('f'), of('I'), of('u6')]).toEqual([['sample'], ['weights'], ['own'], ['support'], ['links', 'own']]);
  });

  it.each([['hm-softmax', 9], ['hm-am-softmax', 5], ['hm-arc-softmax', 2], ['hm-softmax', 1]])('of %s among %i end in the loss it has there, and are its own', (loss, count) => {
    const zero: number[] = [];
    for (let selected = 0; selected < count; selected++) {
      const at = { ...state, loss, parameters: { saveRate: 0.5 }, samples: state.samples.slice(0, count), selected };
      const { losses: each } = picture(at);
      const explained = lines(at);
      const of = (all: typeof explained, name: string) => all.lines.find((line) => line.name === name)!;
      expect(Number(explained.lines.find(({ number }) => number === explained.result)!.value.values![0])).toBeCloseTo(each[selected]!, 12);
      expect(of(explained, 'g').value.values).toEqual([each[selected] === 0 ? 0 : 1]);
      if (each[selected] === 0) zero.push(selected);
      // Up to ℓ the others make no difference, nor below it to what came back to a sample that is kept.
      const alone = lines({ ...at, samples: [at.samples[selected]!], selected: 0 });
      for (const name of ['x', 'w', 'x̂', 'c', 'c_y', 'f', 'v', 'z', 'ℓ']) {
        const [a, b] = [of(explained, name), of(alone, name)];
        expect([name, a.shape]).toEqual([name, b.shape]);
        b.value.values!.forEach((v, i) => expect(a.value.values![i]).toBeCloseTo(Number(v), 12));
        b.adjoint!.value.values!.forEach((v, i) => expect(Number(a.adjoint!.value.values![i])).toBeCloseTo(each[selected] === 0 ? 0 : Number(v), 9));
      }
    }
    expect(zero).toHaveLength(count === 1 ? 0 : Math.ceil(count / 2));
  });

  it('end in its loss', () => {
    const explanation = lines(state);
    const result = explanation.lines.find(({ number }) => number === explanation.result)!;
    expect(result.value.values![0]).toBeCloseTo(picture(state).losses[4]!, 12);
    expect(explanation.lines.map(({ label }) => label)).toEqual(expect.arrayContaining(['c', 'f', 'I', 'v', 'z', 'L']));
  });
});

describe('the reader\'s own loss', () => {
  it('of the paper holds', () => {
    expect(check(svFormulas)).toMatchObject({ verdict: 'holds' });
  });

  it.each([
    [svFormulas.line, /^The line holds: both sides agree to \d+ digits, its derivatives to \d+ with dual numbers and \d+ with differences\.$/],
    ['sum(k, p[k]) = 1', /^The line holds: both sides agree to \d+ digits\.$/], ['p[k] > 0', /^The line holds at every point tried\.$/],
  ])('holds by what %s can be judged by, and no more is said', (line, text) => {
    expect(check({ ...svFormulas, line }).text).toMatch(text);
  });

  it('with t forgotten is wrong, and the smallest point is shown', () => {
    const found = check({ ...svFormulas, line: 'd(L, c[k]) = s * p[k] where k != y' });
    expect(found.verdict).toBe('fails');
    expect(found.counterexample!.values).toHaveProperty('x');
  });

  it.each([['f', { f: '' }], ['h', { h: 't * (c[k]' }], ['g', { g: 'p[y' }], ['your line', { line: 'd(L, c[k]) = q' }]])('that cannot be read names the box %s', (box, typed) => {
    expect(check({ ...svFormulas, ...typed }).text).toMatch(new RegExp(`^In ${box}: found`));
  });

  it.each([
    ['f', { f: 'c[y] - L' }, "'L' is made of f", 7], ['f', { f: 'f' }, "'f' is what is being defined", 0], ['f', { f: 'v[k]' }, "'v' is made of f", 0],
    ['h', { h: 'c[k] + p[k]' }, "'p' is made of h", 7], ['g', { g: '1 + L' }, "'L' is made of g", 4],
  ])('that goes in a circle is told in the box %s where it was typed: %j', (box, typed, said, at) => {
    const lines = check({ ...svFormulas, ...typed }).text.split('\n');
    expect([lines[0], lines[2]!.indexOf('^')]).toEqual([`In ${box}: ${said}`, 2 + at]);
  });

  it('may use what does not lead back, and functions of like letters', () => {
    for (const typed of [{ g: '(1 - p[y])^2 + 0*ℓ' }, { f: 'log(exp(c[y])) - m' }, { h: 'exp(f)' }]) expect(check({ ...svFormulas, ...typed }).verdict).not.toBe('unreadable');
  });

  it.each([{ f: 'c[y] + 3' }, { f: '1 / 0' }])('that no point puts to the proof gets advice that can be followed here: %j', (typed) => {
    const { verdict, text } = check({ ...svFormulas, ...typed });
    expect(verdict).toBe('unexercised');
    expect(text).toMatch(/^The line was not put to the proof: .*: 0 of \d+ hits.*\. Change a formula .* with where\.$/);
    expect(text).not.toMatch(/Draw more|give data/);
  });

  it('that cannot be read says where', () => {
    const found = check({ ...svFormulas, h: 't * c[k] +' });
    expect(found.verdict).toBe('unreadable');
    expect(found.text).toMatch(/found '\)' where a name, a number or \( is needed/);
    expect(derivationText(svFormulas).split('\n')[11]).toContain('define  v');
  });
});
