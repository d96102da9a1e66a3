import { defineConfig } from 'vitest/config';

/** Minutes, in milliseconds. */
const minutes = 60_000;

export default defineConfig({
  test: {
    // Tests use the real time and the real servers of their own; nothing of one test may reach the next.
    restoreMocks: true,
    unstubEnvs: true,
    pool: 'forks',
    // What the tests wait for comes in milliseconds, or on a busy machine much later; it is never a sleep.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: minutes } },
      { extends: true, test: { name: 'repo', include: ['test/repo/**/*.test.ts'], testTimeout: minutes } },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['dev/stack/vitest-postgres.ts'],
          testTimeout: minutes,
          hookTimeout: minutes,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['dev/stack/vitest-servers.ts'],
          testTimeout: 2 * minutes,
          hookTimeout: 3 * minutes,
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          globalSetup: ['dev/stack/vitest-servers.ts'],
          testTimeout: 15 * minutes,
          hookTimeout: 3 * minutes,
          // Whole processes that are killed and restarted want the machine for themselves.
          sequence: { groupOrder: 2 },
          fileParallelism: false,
        },
      },
    ],
  },
});
