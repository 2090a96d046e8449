// The page: a state, what the engine makes of it, and the parts that show it. A change draws at the next frame; the
// heavier views, the derivation among them, take turns, and the words follow when the hand rests. What one change does is a move from 1 to 1*.

import { catalogue } from 'marginalia/losses';
import { Circle, describe } from './circle.ts';
import { Curves } from './curves.ts';
import { fitChildren, html, part, say, set } from './dom.ts';
import { Lines } from './lines.ts';
import { canHave, lines, losses, type Picture, picture, sliders, turn, withLoss } from './model.ts';
import { type Before, beforeOf, follow, type Move, wordsOf } from './move.ts';
import { check } from './own.ts';
import { fromHash, initial, type OwnFormulas, resized, type State, toHash, withSample, withWeight } from './state.ts';
import { Trail } from './trail.ts';
import { apart, short } from './words.ts';

let state: State = fromHash(location.hash, canHave) ?? initial;
let shown: Picture | undefined;
let move: Move | undefined;
let before: Before | undefined;
/** A hand took hold of something: the next change begins a new move. */
let isNew = false;
let asked = false;
let frame = 0;
let resting: ReturnType<typeof setTimeout> | undefined;
const scriptMs: number[] = [];
/** The first frames draw what was never drawn; a median of so few says nothing of a drag. */
const fewFrames = 20;

const circle = new Circle({
  state: () => state,
  weight: (k, angle) => change(withWeight(state, k, angle)),
  sample: (n, angle, length) => change(withSample(state, n, { angle, length })),
  select: (n) => change({ ...state, selected: n }),
  begin: () => (isNew = true),
  rest: () => rest(),
});
const curves = new Curves();
const trail = new Trail();
const table = new Lines((parts) => circle.touch(parts));
// Where the page is one column, the circle follows the derivation as long as any of it stands below where the circle goes.
new IntersectionObserver(([seen]) => part<SVGElement>('circle').classList.toggle('reading', seen!.isIntersecting), { rootMargin: '-25% 0px 0px' })
  .observe(part('derivation'));

function change(next: State): void {
  const is = follow(move, state, next, isNew);
  if (is !== move) {
    [move, before] = [is, undefined];
    if (is !== undefined) isNew = false;
  }
  show(next);
}

function show(next: State): void {
  state = next;
  for (const note of ['address-note', 'number-note']) say(part(note), '');
  if (!asked) requestAnimationFrame(draw);
  asked = true;
}

function draw(): void {
  const start = performance.now();
  asked = false;
  frame++;
  shown = picture(state);
  circle.draw(state, shown);
  if (move === undefined) trail.clear();
  else trail.draw(move, before ??= beforeOf(move), state, shown);
  // The rings and the curves follow every third frame, the dots of the third curve the one after; the derivation has every
  // other frame that is left.
  if (frame % 3 === 0) {
    const around = turn(state, 180);
    circle.drawTurn(around);
    curves.drawTurn(state, around, before);
  } else if (frame % 3 === 1) curves.drawSamples(state, shown, before);
  else if (frame % 6 === 5) table.draw(lines(state));
  drawControls();
  set(part('summary'), { 'aria-busy': 'true' });
  scriptMs.push(performance.now() - start);
  if (scriptMs.length > 240) scriptMs.shift();
  clearTimeout(resting);
  resting = setTimeout(rest, 150);
}

/** What is too slow for a frame, and need not be in one. */
function rest(): void {
  clearTimeout(resting);
  if (shown === undefined) return;
  const around = turn(state);
  circle.drawTurn(around);
  curves.drawTurn(state, around, before);
  curves.drawSamples(state, shown, before);
  table.draw(lines(state));
  describe(state, shown, around, move === undefined || before === undefined ? '' : wordsOf(move, before, state, shown));
  set(part('summary'), { 'aria-busy': null });
  history.replaceState(null, '', `#${toHash(state)}`);
  const sorted = scriptMs.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(share * sorted.length)]!.toFixed(1);
  say(part('frame-time'), sorted.length < fewFrames ? 'Drag something to see how long a frame takes.'
    : `${at(0.5)} ms of script a frame, ${at(0.95)} ms in one of twenty (median and 95th percentile of the last ${sorted.length})`);
}

/** Takes the trail of the move away. */
function forget(): void {
  if (move === undefined) return;
  [move, before] = [undefined, undefined];
  show(state);
}
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') forget();
});
part('move-clear').addEventListener('click', () => {
  forget();
  // The button goes with the trail; the keyboard goes on at the sample it spoke of.
  document.querySelector<SVGElement>('#circle .selected')?.focus({ preventScroll: true });
});

const sample = part<HTMLInputElement>('sample');
const sampleAngle = part<HTMLInputElement>('sample-angle');
const sampleClass = part<HTMLInputElement>('sample-class');
const classes = part<HTMLInputElement>('classes');
const perClass = part<HTMLInputElement>('per-class');
const loss = part<HTMLSelectElement>('loss');

/** What each field stands for. */
function inForce(): Map<HTMLInputElement, number> {
  const own = state.samples[state.selected]!;
  return new Map([[sample, state.selected + 1], [sampleAngle, own.angle], [sampleClass, own.label + 1], [classes, state.weights.length],
    [perClass, Math.ceil(state.samples.length / state.weights.length)]]);
}

function drawControls(): void {
  set(sample, { max: state.samples.length });
  set(sampleClass, { max: state.weights.length });
  for (const [input, value] of inForce()) if (input !== document.activeElement) input.value = String(value);
  loss.value = state.loss;
  const shownSliders = sliders(state);
  const fields = fitChildren(part('parameters'), shownSliders.length, () => html('label', {}, html('span'), html('input', { type: 'range' }), html('output')));
  shownSliders.forEach(({ name, meaning, from, to, step, value }, i) => {
    const [text, input, output] = fields[i]!.children as unknown as [HTMLElement, HTMLInputElement, HTMLElement];
    say(text, name);
    set(fields[i]!, { title: meaning });
    set(input, { min: from, max: to, step, 'data-name': name, 'aria-label': `${name}: ${meaning}` });
    if (input.value !== String(value)) input.value = String(value);
    say(output, short(value));
  });
  const row = catalogue[state.loss]!;
  say(part('loss-title'), row.title);
  say(part('loss-equation'), row.equation);
}

part('parameters').addEventListener('pointerdown', () => (isNew = true));
part('parameters').addEventListener('input', (event) => {
  const { dataset, value } = event.target as HTMLInputElement;
  change({ ...state, parameters: { ...state.parameters, [dataset['name']!]: Number(value) } });
});
for (const row of losses) loss.append(html('option', { value: row.id }, row.id));
/** What was set for each loss: who comes back to one finds it as it was. */
const ownOf = new Map<string, State['parameters']>();
loss.addEventListener('change', () => {
  ownOf.set(state.loss, state.parameters);
  change(withLoss(state, loss.value, ownOf.get(loss.value)));
});

/** A number typed into a field, when it is one the field allows; of another it is said why not, and a field left shows what holds. */
function onNumber(input: HTMLInputElement, use: (value: number) => void): void {
  const note = part('number-note');
  input.addEventListener('input', () => {
    const { value, min, max, step, validity } = input;
    say(note, '');
    if (!validity.valid) {
      const kind = step === '1' ? 'a whole number' : 'a number with one decimal at most';
      say(note, `${input.labels![0]!.textContent.trim()} stays ${inForce().get(input)!}: it takes ${kind} from ${min} to ${max}.`);
    } else if (value !== '') use(Number(value));
  });
  input.addEventListener('blur', () => (input.value = String(inForce().get(input)!)));
}
onNumber(sample, (n) => change({ ...state, selected: n - 1 }));
onNumber(sampleAngle, (angle) => change(withSample(state, state.selected, { angle })));
onNumber(sampleClass, (k) => change(withSample(state, state.selected, { label: k - 1 })));
onNumber(classes, (count) => change(resized(state, count, inForce().get(perClass)!)));
onNumber(perClass, (count) => change(resized(state, state.weights.length, count)));
part('reset').addEventListener('click', () => {
  ownOf.clear();
  [move, before] = [undefined, undefined];
  show(initial);
  drawFormulas();
});

const own = Object.fromEntries((['f', 'h', 'g', 'line'] as const).map((name) => [name, part<HTMLInputElement>(`own-${name}`)])) as Record<keyof OwnFormulas, HTMLInputElement>;
let typing: ReturnType<typeof setTimeout> | undefined;

function judge(): void {
  const found = check(state.formulas);
  const verdict = part('verdict');
  set(verdict, { 'data-verdict': found.verdict });
  const example = found.counterexample;
  const [left, right] = example === undefined ? [] : apart(example.left, example.right);
  say(verdict, example === undefined ? found.text
    : [
      found.text, ...Object.entries(example.values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
      `${example.entry === '' ? '' : `at ${example.entry}: `}left ${left!}, right ${right!}`,
    ].join('\n'));
}
function drawFormulas(): void {
  for (const [name, input] of Object.entries(own)) input.value = state.formulas[name as keyof OwnFormulas];
  clearTimeout(typing);
  typing = setTimeout(judge, 300);
}
for (const [name, input] of Object.entries(own)) {
  input.addEventListener('input', () => {
    change({ ...state, formulas: { ...state.formulas, [name]: input.value } });
    clearTimeout(typing);
    typing = setTimeout(judge, 400);
  });
}
addEventListener('hashchange', () => {
  const next = fromHash(location.hash, canHave);
  if (next === undefined) {
    history.replaceState(null, '', `#${toHash(state)}`);
    say(part('address-note'), 'This address cannot be read; the picture stays as it was.');
  }
  if (next === undefined || toHash(next) === toHash(state)) return;
  change(next);
  drawFormulas();
});

change(state);
drawFormulas();
if (location.hash.length > 1 && fromHash(location.hash, canHave) === undefined) {
  say(part('address-note'), 'This address cannot be read; the first picture is shown.');
}
