import { describe, expect, it } from 'vitest';
import { nearest, perhaps } from '../../src/base/nearest.ts';

describe('the nearest word', () => {
  it('is one that a slip of the finger turns into the other, or none', () => {
    expect(nearest('claime', ['claim', 'define'])).toBe('claim');
    expect(nearest('soft_plus', ['softplus'])).toBe('softplus');
    expect(nearest('theorem', ['claim', 'define'])).toBe(null);
    expect(nearest('x'.repeat(1e6), ['claim'])).toBe(null);
  });

  it('is offered at the end of a sentence, and none where none is near', () => {
    expect(perhaps('arc-sotfmax', ['softmax', 'arc-softmax'])).toBe(', perhaps arc-softmax');
    expect(perhaps('', ['softmax'])).toBe('');
    expect(perhaps('resnet', ['mlp', 'lenet-small'])).toBe('');
  });
});
