// Every example runs and says what it is there to show.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

function run(name: string): string {
  const { status, stdout, stderr } = spawnSync('npx', ['tsx', join('examples', name)], { cwd: root, encoding: 'utf8' });
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
};

describe('examples', () => {
  it('are all run', () => {
    expect(Object.keys(shown).sort()).toEqual(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')).sort());
  });

  it.each(Object.keys(shown))('%s shows what it is there to show', (name) => {
    shown[name]!(run(name));
  });
});
