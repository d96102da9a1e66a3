/** Builds `dist/` from `src/`: plain JavaScript with declarations and source maps, and an executable `main.js`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const main = join(dist, 'main.js');

// What was removed from src must not live on in dist.
rmSync(dist, { recursive: true, force: true });
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(
  process.execPath,
  [tsc, '-p', join(import.meta.dirname, 'tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);
if (!existsSync(main)) throw new Error('The build made no dist/main.js: src/main.ts is missing.');
if (!readFileSync(main, 'utf8').startsWith('#!')) {
  throw new Error('dist/main.js cannot be executed: src/main.ts has to begin with "#!/usr/bin/env node".');
}
chmodSync(main, 0o755);

// Style sheets, icons and scripts of the pages are read as they are, beside the code that serves them.
cpSync(join(root, 'src'), dist, {
  recursive: true,
  filter: (path) => statSync(path).isDirectory() || !path.endsWith('.ts'),
});
