// Dividing a labelled set. Open set: the people of the test are not among those trained on, as in face verification.
// Closed set: everybody is in both parts, with different images.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { membersOf } from './batches.ts';
import { Stream } from './random.ts';

export interface Split {
  /** Positions in the set, ascending. */
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** How many people a share of them is: rounded, and at least one on each side. */
export function peopleKept(people: number, share: number): number {
  return Math.min(people - 1, Math.max(1, Math.round(share * people)));
}

/**
 * Splits by identity: a share of the people, with all their images, is kept for the test.
 *
 * Shapes    labels [N] → two disjoint lists of positions
 * Edges     the number of test people is rounded and leaves at least one person on each side
 * Throws    DomainError for a share outside (0, 1) or fewer than two people
 */
export function splitByIdentity(
  labels: ArrayLike<number>,
  options: { readonly test?: number; readonly seed?: number } = {},
): Split {
  demandSort('record', { options }, 'splitByIdentity');
  const { test = 0.2, seed = 1 } = options;
  const members = membersOf(labels);
  if (!(test > 0 && test < 1) || members.length < 2) {
    throw new DomainError(
      message(
        `splitByIdentity: a share of ${test} of ${members.length} people`,
        'The share lies between 0 and 1 and there are at least two people',
        'Check the labels and the share',
      ),
    );
  }
  const kept = peopleKept(members.length, test);
  const order = new Stream(seed, 4).permutation(members.length);
  const collect = (people: Int32Array): Int32Array => Int32Array.from(Array.from(people).flatMap((p) => members[p]!)).sort();
  return { train: collect(order.subarray(kept)), test: collect(order.subarray(0, kept)) };
}

/**
 * Splits within identities: `test` images of everybody are kept for the test.
 *
 * Shapes    labels [N] → two disjoint lists of positions
 * Throws    DomainError, with the label, when somebody has no image left to train on
 */
export function splitWithinIdentities(
  labels: ArrayLike<number>,
  options: { readonly test: number; readonly seed?: number },
): Split {
  demandSort('record', { options }, 'splitWithinIdentities');
  const { test, seed = 1 } = options;
  const [train, kept]: [number[], number[]] = [[], []];
  membersOf(labels).forEach((own, person) => {
    if (!Number.isInteger(test) || test < 1 || test >= own.length) {
      throw new DomainError(
        message(
          `splitWithinIdentities: ${test} test images of the ${own.length} of label ${labels[own[0]!]}`,
          'At least one image of everybody is tested and one trained on',
          'Leave people with too few images out',
        ),
      );
    }
    new Stream(seed, 5, person).permutation(own.length).forEach((k, i) => (i < test ? kept : train).push(own[k]!));
  });
  return { train: Int32Array.from(train).sort(), test: Int32Array.from(kept).sort() };
}

/** Labels 0, 1, 2, … in the order of the old ones, for a classifier over some people; `classes[new]` is the old label. */
export function denseLabels(labels: ArrayLike<number>, indices: ArrayLike<number>): { labels: Int32Array; classes: Int32Array } {
  demandSort('list', { labels, indices }, 'denseLabels');
  const own = Int32Array.from(indices, (i) => labels[i]!);
  const classes = Int32Array.from(new Set(own)).sort();
  const position = new Map(Array.from(classes, (label, i) => [label, i]));
  return { labels: own.map((label) => position.get(label)!), classes };
}
