/**
 * Brings what is missing before anything else runs: the npm packages, and with them the project's own Node.js.
 * It is the only file that has to run on the Node.js of the machine (20 or newer), so it is plain JavaScript and
 * imports nothing but Node's own modules. When everything is there it says nothing and costs a few milliseconds.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';

const root = dirname(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname));
const modules = join(root, 'node_modules');
const ownNode = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

/** A line appears at least this often while npm works without a terminal, in milliseconds. */
const speakEveryMs = 5_000;

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * Why the packages have to be installed, or null when they are those of package-lock.json. npm itself writes down
 * what it installed, and only at the end, so an installation that was interrupted shows as none.
 */
function reasonToInstall() {
  const installedPath = join(modules, '.package-lock.json');
  if (!existsSync(installedPath)) return 'they are not there yet';
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(installedPath).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional === true || entry.devOptional === true) continue;
    if (installed[path]?.version !== entry.version) {
      return `${path.slice('node_modules/'.length)} ${entry.version} is missing`;
    }
  }
  return existsSync(ownNode) ? null : 'Node.js for this project is missing';
}

/** The Node.js of the machine: the project's own is removed and brought again while npm works. */
function machineNode() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '' || folder.includes(`${sep}node_modules${sep}`)) continue;
    const node = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
    try {
      accessSync(node, constants.X_OK);
      if (!realpathSync(node).startsWith(modules + sep)) return node;
    } catch {
      // Not in this folder; the next one is tried.
    }
  }
  return process.execPath;
}

/** Runs `npm ci`; resolves to its exit code. */
function installPackages() {
  const args = ['ci', '--no-audit', '--no-fund', '--include=dev'];
  // The machine's Node.js is only the launcher, so complaints that it is too old for a package mean nothing.
  args.push('--loglevel=error');
  const npm = process.env.npm_execpath;
  const viaNode = npm !== undefined && /\.c?js$/.test(npm);
  const child = viaNode
    ? spawn(machineNode(), [npm, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    : spawn('npm', args, {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        shell: process.platform === 'win32',
      });
  const startedMs = Date.now();
  const timer = setInterval(() => {
    if (!process.stderr.isTTY) say(`  still installing, ${Math.round((Date.now() - startedMs) / 1000)} s`);
  }, speakEveryMs);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearInterval(timer);
      say(`npm could not be run: ${error.message}`);
      resolve(1);
    });
    child.once('close', (code) => {
      clearInterval(timer);
      resolve(code ?? 1);
    });
  });
}

/** What is wrong with the project's own Node.js, or null. */
function faultOfOwnNode() {
  const wanted = readJson(join(root, 'package.json')).dependencies.node;
  const asked = spawnSync(ownNode, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  if (asked.status !== 0) {
    return (
      `Node.js ${wanted} did not arrive in node_modules. npm brings it by an install script of the package "node": ` +
      'if scripts are switched off ("npm config get ignore-scripts"), switch them on and try again.'
    );
  }
  const found = asked.stdout.trim();
  return found === `v${wanted}` ? null : `node_modules holds Node.js ${found} instead of v${wanted}.`;
}

/**
 * Makes `npx dingbus` run the program from its sources, as it runs the built one where dingbus is installed as a package.
 * Windows lets few users make links; `npm run dingbus -- …` does the same there.
 */
function linkCommand() {
  const link = join(modules, '.bin', 'dingbus');
  if (process.platform === 'win32' || lstatSync(link, { throwIfNoEntry: false }) !== undefined) return;
  symlinkSync(join('..', '..', 'src', 'main.ts'), link);
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

async function main() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) return `Node.js 20 or newer is needed to begin with; this is ${process.version}.`;
  const reason = reasonToInstall();
  if (reason === null) return null;
  const startedMs = Date.now();
  say(`Installing packages: ${reason}. This takes about a minute.`);
  const code = await installPackages();
  if (code !== 0) {
    return (
      `npm ci failed with exit code ${code}; its own words are above. Frequent reasons: no way to the package ` +
      'registry (see "npm config get registry" and the proxy settings), or a full disk.'
    );
  }
  const fault = faultOfOwnNode();
  if (fault === null) say(`Packages installed in ${Math.round((Date.now() - startedMs) / 1000)} s.`);
  return fault;
}

const fault = await main();
if (fault === null) linkCommand();
else {
  say(`\n${fault}`);
  process.exitCode = 1;
}
