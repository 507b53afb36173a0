import { defineConfig } from 'vitest/config';

/** Tests in a real browser; `npm run test:browser` sees to it that there is one. */
export default defineConfig({
  test: {
    // What several files look at is made once.
    globalSetup: ['test/browser/support/samples.ts'],
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // One browser at a time: it has more processes than these machines have cores.
    maxWorkers: 1,
    reporters: ['default'],
  },
});
