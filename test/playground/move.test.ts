import { describe, expect, it } from 'vitest';
import { picture } from '../../examples/playground/model.ts';
import { beforeOf, effectOf, follow, type Move, titleOf, wordsOf } from '../../examples/playground/move.ts';
import { initial, resized, type State, withSample, withWeight } from '../../examples/playground/state.ts';

const n = initial.selected;
const turned = (angle: number, state: State = initial): State => withSample(state, n, { angle });

describe('a move from 1 to 1*', () => {
  it('begins at the state before the first change, and goes on while the same thing changes', () => {
    const [a, b] = [turned(350), turned(10)];
    const first = follow(undefined, initial, a);
    expect(first).toEqual({ thing: { kind: 'sample', n }, from: initial });
    expect(follow(first, a, b)).toBe(first);
    expect(follow(first, b, b)).toBe(first);
  });

  it('begins anew with another thing, and with the same one taken hold of again', () => {
    const a = withWeight(initial, 2, 100);
    const first = follow(undefined, initial, a);
    expect(follow(first, a, withWeight(a, 1, 100))).toEqual({ thing: { kind: 'weight', k: 1 }, from: a });
    const again = withWeight(a, 2, 120);
    expect(follow(first, a, again)).toBe(first);
    expect(follow(first, a, again, true)).toEqual({ thing: { kind: 'weight', k: 2 }, from: a });
    expect(follow(first, a, a, true)).toBe(first);
  });

  it('begins anew with every choice of a loss, and with a parameter that differs from its default', () => {
    const arc = { ...initial, loss: 'arc-softmax' };
    const first = follow(undefined, initial, arc);
    const plain = { ...initial, loss: 'normface' };
    expect(follow(first, arc, plain)!.from).toBe(arc);
    const unset = { ...initial, parameters: {} };
    expect(follow(undefined, unset, { ...unset, parameters: { s: 16 } })).toBeUndefined();
    expect(follow(undefined, unset, { ...unset, parameters: { s: 20 } })!.thing).toEqual({ kind: 'parameter', name: 's' });
  });

  it('goes on while formulas are typed, and ends with another sample, class or picture', () => {
    const a = turned(10);
    const move = follow(undefined, initial, a);
    expect(follow(move, a, { ...a, formulas: { ...a.formulas, g: '2' } })).toBe(move);
    for (const other of [{ ...a, selected: 3 }, withSample(a, n, { label: 2 }), resized(a, 3, 8), turned(200, withWeight(a, 1, 3)), withSample(a, 0, { angle: 1 })]) {
      expect(follow(move, a, other)).toBeUndefined();
    }
  });
});

describe('what a move did', () => {
  const said = (after: State): string => {
    const move: Move = follow(undefined, initial, after)!;
    return wordsOf(move, beforeOf(move), after, picture(after));
  };

  it('is told by the probability and the loss of the selected sample at both ends', () => {
    const after = turned(30);
    const move = follow(undefined, initial, after)!;
    const { p, loss } = effectOf(beforeOf(move), after, picture(after));
    expect(loss).toEqual([picture(initial).losses[n], picture(after).losses[n]]);
    for (const i of [0, 1]) expect(-Math.log(p[i]!)).toBeCloseTo(loss[i]!, 9);
    expect(said(after)).toMatch(/^From 1 to 1\*, sample 25, 343.5° to 30°: p from 7.9e−4 to 1.00, loss from 7.14 to \S+\.$/);
  });

  it('is figure 2 of the paper: more hardness t lowers the p of a support vector alone, and a focal loss leaves every p', () => {
    const soft: State = { ...initial, loss: 'sv-softmax', parameters: { s: 4, t: 1.1 }, samples: initial.samples.with(n, { ...initial.samples[n]!, angle: 335 }) };
    const hard = { ...soft, parameters: { s: 4, t: 1.3 } };
    const move = follow(undefined, soft, hard)!;
    const { p, loss } = effectOf(beforeOf(move), hard, picture(hard));
    expect(p[1]).toBeLessThan(p[0]);
    expect(loss[1]).toBeGreaterThan(loss[0]);
    const easy = { ...hard, selected: picture(hard).isHard.indexOf(false) };
    expect(picture(easy).p[easy.selected]).toBe(picture({ ...easy, parameters: soft.parameters }).p[easy.selected]);
    const toFocal = follow(undefined, soft, { ...soft, loss: 'f-am-softmax' })!;
    const focalMove = { ...soft, loss: 'f-am-softmax' };
    const effect = effectOf(beforeOf(toFocal), focalMove, picture(focalMove));
    expect(effect.g).toEqual([1, picture(focalMove).g![n]]);
    expect(wordsOf(toFocal, beforeOf(toFocal), focalMove, picture(focalMove))).toMatch(/, g from 1\.00 to 0\.\d+, loss from/);
    const [plain, focal] = ['normface', 'f-softmax'].map((name) => picture({ ...soft, loss: name, parameters: { s: 4 } }));
    expect(focal!.p[n]).toBeCloseTo(plain!.p[n]!, 12);
    expect(focal!.losses[n]).toBeLessThan(plain!.losses[n]!);
  });

  it('is named by what was moved', () => {
    const title = (after: State): string => titleOf(follow(undefined, initial, after)!, after);
    expect([
      withWeight(initial, 2, 100), withSample(initial, n, { length: 1 }), { ...initial, loss: 'normface' }, { ...initial, parameters: { ...initial.parameters, t: 1.3 } },
    ].map(title)).toEqual(['weight of class 3, 205° → 100°', 'sample 25, 343.5° → 343.5°, length 0.75 → 1', 'loss sv-am-softmax → normface', 't 1.20 → 1.30']);
  });

  it('has the curves of before where they change, which a moved sample does not do', () => {
    expect(beforeOf(follow(undefined, initial, turned(9))!).turn).toBeUndefined();
    expect(beforeOf(follow(undefined, initial, withWeight(initial, 0, 9))!).turn!.losses).toHaveLength(360);
  });
});
