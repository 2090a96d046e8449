// The line of source behind a step: whose frame counts, in every form a stack has.

import { describe, expect, it } from 'vitest';
import { callerPosition, positionIn } from '../../src/graph/caller.ts';

const stackOf = (...frames: readonly string[]): string => ['Error', ...frames.map((frame) => `    at ${frame}`)].join('\n');
const own = 'file:///pkg/src/';
const machinery = ['callerPosition (file:///pkg/src/graph/caller.ts:14:5)', 'apply (file:///pkg/src/graph/recorder.ts:9:1)', 'file:///pkg/src/ops/norm.ts:50:3'];

describe('the place of a step', () => {
  it('is the innermost line of the reader, past the ops and what stands between', () => {
    const found = positionIn(stackOf(...machinery, 'mine (file:///home/me/mine.ts:12:7)', 'file:///home/me/main.ts:3:1'), own);
    expect(found).toBe('/home/me/mine.ts:12');
  });

  it('is the innermost line of a loss of the package, though the reader called it', () => {
    const losses = ['cosines (file:///pkg/src/losses/classes.ts:52:20)', 'file:///pkg/src/losses/marginSoftmax.ts:53:30'];
    expect(positionIn(stackOf(...machinery, ...losses, 'file:///home/me/mine.ts:12:7'), own)).toBe('marginalia/src/losses/classes.ts:52');
  });

  it('is the reader’s where a loss calls a function of theirs', () => {
    const stack = stackOf(...machinery, 'value (file:///home/me/margin.ts:4:2)', 'file:///pkg/src/losses/marginSoftmax.ts:56:20');
    expect(positionIn(stack, own)).toBe('/home/me/margin.ts:4');
  });

  it('is named from the package where that is installed; what else is installed is passed over', () => {
    const stack = stackOf(
      'apply (file:///app/node_modules/marginalia/dist/core.js:900:3)', 'file:///app/node_modules/marginalia/dist/losses/classes.js:20:9',
      'file:///app/node_modules/other/index.js:1:1');
    expect(positionIn(stack, 'file:///app/node_modules/marginalia/dist/')).toBe('marginalia/dist/losses/classes.js:20');
    expect(positionIn(stackOf('file:///app/node_modules/other/index.js:1:1', 'file:///app/main.js:2:1'), own)).toBe('/app/main.js:2');
  });

  it('is a file beside the package too, not only one far from it', () => {
    expect(positionIn(stackOf('apply (file:///pkg/dist/core.js:900:3)', 'file:///pkg/examples/mine.ts:5:1'), 'file:///pkg/dist/')).toBe('/pkg/examples/mine.ts:5');
  });

  it.each([
    ['f (/home/a b (c)/mine.ts:7:9)', '/home/a b (c)/mine.ts:7'],
    ['async file:///home/a%20b/mine.ts:7:9', '/home/a b/mine.ts:7'],
    ['new Foo (file:///home/me/mine.ts?v=1:7:9)', '/home/me/mine.ts?v=1:7'],
    ['f (http://localhost:80/mine.js:7:9)', 'http://localhost:80/mine.js:7'],
  ])('is read from `at %s`', (frame, place) => {
    expect(positionIn(stackOf(frame), own)).toBe(place);
  });

  it('is read from the stacks of other browsers', () => {
    expect(positionIn('apply@http://x.org/src/ops/a.js:1:2\nmine@http://x.org/mine.js:7:9', 'http://x.org/src/')).toBe('http://x.org/mine.js:7');
  });

  it('is unknown where the machinery was called by nobody, or by Node itself', () => {
    expect(positionIn(stackOf(...machinery, 'node:internal/modules/run_main:1:2', 'process (node:internal/a/b:3:4)'), own)).toBeUndefined();
  });

  it('is found below any number of frames, and the engine’s own limit stays as it was', () => {
    const before = Error.stackTraceLimit;
    const deep = (n: number): string | undefined => (n === 0 ? callerPosition() : deep(n - 1));
    expect(deep(50)).toMatch(/caller\.test\.ts:\d+$/);
    expect(Error.stackTraceLimit).toBe(before);
  });
});
