/**
 * `npm run check`: everything that can be said about the repository without a server. All steps run, also after one
 * has failed, and a step's own words are shown only when it fails.
 *
 * `--report FILE` writes Vitest's report of the unit tests as JSON, and `--steps FILE` the names of the steps that
 * failed, one a line, for whoever counts.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Step {
  readonly name: string;
  /** The script that Node runs, from the root of the repository, and its arguments. */
  readonly run: readonly string[];
}

/** Two at a time: most machines have more cores, but lint and compiler each want a gigabyte. */
const atOnce = 2;

const { values } = parseArgs({ options: { report: { type: 'string' }, steps: { type: 'string' } } });
const root = join(import.meta.dirname, '..');
const modules = 'node_modules';

const report =
  values.report === undefined
    ? []
    : ['--reporter=default', '--reporter=json', `--outputFile.json=${values.report}`];

// The slow ones first, so that none of them is left to run alone at the end.
const steps: readonly Step[] = [
  { name: 'lint', run: [`${modules}/eslint/bin/eslint.js`, '.'] },
  {
    name: 'unit tests',
    run: [`${modules}/vitest/vitest.mjs`, 'run', '--project=unit', '--project=repo', ...report],
  },
  { name: 'types', run: [`${modules}/typescript/bin/tsc`, '-p', '.'] },
  { name: 'format', run: [`${modules}/prettier/bin/prettier.cjs`, '--check', '--log-level=warn', '.'] },
  {
    name: 'architecture',
    run: [
      `${modules}/dependency-cruiser/bin/dependency-cruiser.mjs`,
      ...['--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', 'src', 'dev', 'test'],
    ],
  },
  { name: 'unused code', run: [`${modules}/knip/bin/knip.js`, '--no-progress'] },
  { name: 'sample rules are valid', run: ['src/main.ts', 'lint'] },
  { name: 'sample rules do what their cases say', run: ['src/main.ts', 'test'] },
];

interface Ended {
  readonly code: number;
  readonly output: string;
}

function execute(step: Step): Promise<Ended> {
  // Colours would be lost on the way through the pipe unless they are asked for.
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env;
  const child = spawn(process.execPath, step.run, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  const failed: string[] = [];
  const waiting = [...steps];
  const work = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const beganMs = Date.now();
      const { code, output } = await execute(step);
      const seconds = ((Date.now() - beganMs) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
      if (code === 0) continue;
      failed.push(step.name);
      console.log(output.trimEnd().replaceAll(/^/gm, '       '));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (values.steps !== undefined) writeFileSync(values.steps, failed.map((name) => `${name}\n`).join(''));
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  console.log(
    failed.length === 0
      ? `All ${steps.length} checks passed in ${seconds} s.`
      : `Failed: ${failed.join(', ')}.`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

await main();
