// The built-in derivation: every line of the paper holds or is amended, every branch is met, on several seeds.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDerivation } from '../../src/check/derivation.ts';
import { rowText } from '../../src/check/ledger-text.ts';
import { parseDerivation, printDerivation } from '../../src/formula/index.ts';
import { papers, readPaper } from '../../src/papers/index.ts';
import { root } from '../source.ts';

describe('the derivation of SV-Softmax', () => {
  const derivation = parseDerivation(readPaper('sv-softmax'));

  it('is listed and reads back from what is printed', () => {
    expect(papers).toContain('sv-softmax');
    expect(parseDerivation(printDerivation(derivation)).sections.length).toBe(derivation.sections.length);
  });

  it('has every equation of the paper', () => {
    const ids = new Set(derivation.sections.flatMap((section) => section.lines.map((line) => line.id)));
    for (const id of ['(1)', '(2)', '(2a)', '(2b)', '(3)', '(3a)', '(3b)', '(3c)', '(3d)', '(4)', '(5)', '(6)', '(7)', '(8)', '(9)', '(10)', '(11)', '(12)', '(13)', '(14)', '(15)', 'fwd']) {
      expect(ids, id).toContain(id);
    }
    for (const id of ['D1', 'D2', 'D3', 'D4', 'D6', 'D7', 'D8', 'D9', 'D10', 'D11', 'D12', 'D13', 'D14', 'D14b', 'D15', 'D16', 'D17', 'D19', 'D19L', '(10s)', '(11c)', '(2aα)']) expect(ids, id).toContain(id);
  });

  it('holds line by line, with the loose lines amended', () => {
    const ledger = checkDerivation(derivation);
    const wrong = ledger.rows.filter((row) => row.verdict === 'fails' || row.verdict === 'unexercised');
    expect(wrong.map((row) => `${row.section} ${row.id}: ${row.reason ?? ''}`)).toEqual([]);
    expect(ledger.rows.filter((row) => row.verdict === 'amended').map((row) => row.id)).toEqual(['(14)', '(15)', '(11)', '(10)', '(10c)', 'D14b', '(4a)']);
    // The row on the front page is one of these.
    const shown = readFileSync(join(root, 'README.md'), 'utf8').split('\n').filter((line) => line.startsWith('✓ '));
    const printed = ledger.rows.map((row) => rowText(row, (_, text) => text));
    expect(shown).toHaveLength(1);
    expect(printed).toContain(shown[0]);
  });
});
