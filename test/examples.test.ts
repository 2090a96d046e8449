// Every example runs and says what it is there to show.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseXml } from './plot/xml.ts';

const root = join(import.meta.dirname, '..');

const pictures = mkdtempSync(join(tmpdir(), 'marginalia-examples-'));
const pictureOf = (name: string): string => join(pictures, `${name}.svg`);
afterAll(() => rmSync(pictures, { recursive: true, force: true }));

/** At a small size, where the example knows one. */
function run(name: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join('examples', name), '--quick'], {
    cwd: root, encoding: 'utf8', env: { ...process.env, OUT: pictureOf(name) },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

const shown: Record<string, (output: string) => void> = {
  'study-a-gradient.ts': (output) => {
    const rows = output.split('\n').filter((line) => /exact|engine {2}/.test(line)).map((line) => line.trim().split(/\s+/).slice(1).join(' '));
    expect(rows).toHaveLength(8);
    for (let i = 0; i < rows.length; i += 2) expect(rows[i + 1]).toBe(rows[i]);
    expect(output).toMatch(/as printed/);
  },
  'check-your-own-op.ts': (output) => {
    expect(output).toMatch(/triplet: the gradient is right at 50 points/);
    expect(output).toMatch(/rule by hand: wrong/);
    expect(output).toMatch(/every entry is 1\/2/);
  },
  'fit-by-hand.ts': (output) => {
    const losses = [...output.matchAll(/^step +\d+ {2}loss ([\d.]+)/gm)].map((found) => Number(found[1]));
    expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
    const weights = /weights went to (-?\d+)° +(-?\d+)° +(-?\d+)°/.exec(output)!.slice(1).map(Number);
    // People stand at 0°, 50° and 100°; the margin drives the outer weights outwards.
    for (const [i, degrees] of [0, 50, 100].entries()) expect(Math.abs(weights[i]! - degrees)).toBeLessThan(20);
  },
  'embeddings-2d.ts': (output) => {
    expect(output.match(/^[a-z-]+ +loss [\d.]+ {2}right [\d.]+ %$/gm)).toHaveLength(2);
    const svg = parseXml(readFileSync(pictureOf('embeddings-2d.ts'), 'utf8').trim());
    expect(svg.children.map(({ name, children }) => [name, children[0]!.name])).toEqual([['svg', 'title'], ['svg', 'title']]);
  },
  'open-set-faces.ts': (output) => {
    expect(output).toMatch(/^normface +AUC [\d.]+ % .*\nsv-am-softmax +AUC [\d.]+ %/);
    expect(parseXml(readFileSync(pictureOf('open-set-faces.ts'), 'utf8').trim()).children[1]!.text).toContain('sv-am-softmax');
  },
  'sweep-of-t.ts': (output) => {
    expect(output.match(/^t 1\.[02]0 {3}pairs [\d.]+ ± [\d.]+ % {3}rank-1 [\d.]+ ± [\d.]+ %$/gm)).toHaveLength(2);
    expect(parseXml(readFileSync(pictureOf('sweep-of-t.ts'), 'utf8').trim()).name).toBe('svg');
  },
};

describe('examples', () => {
  it('are all run', () => {
    expect(Object.keys(shown).sort()).toEqual(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')).sort());
  });

  it.each(Object.keys(shown))('%s shows what it is there to show', (name) => {
    shown[name]!(run(name));
  });
});
