// Test files share the modules they import, which saves a third of the time; those that replace a module or a global, or
// load the root entry and with it the engine, have theirs to themselves. One process for each core: vitest would leave one
// core idle, and processes, unlike threads, cannot take each other down.

import { defineConfig } from 'vitest/config';

const own = [
  'test/base/node.test.ts', 'test/cli/train.test.ts', 'test/compile/compile.test.ts', 'test/compile/engine.test.ts',
  'test/compile/pool.test.ts', 'test/compile/wide.test.ts', 'test/docs.test.ts', 'test/ops/index.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: '100%',
    // A slow machine is no failure. No file has a limit of its own: shared modules would carry it to others, or keep it from them.
    testTimeout: 300_000,
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: ['test/**/*.test.ts'], exclude: own } },
      { extends: true, test: { name: 'own', include: own } },
    ],
  },
});
