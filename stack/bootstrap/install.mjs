import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isInstalled } from './lock-file.mjs';

export class InstallError extends Error {}

/**
 * Runs `npm ci` unless what is installed is what package-lock.json asks for. Two that come here at the same time do not
 * install over each other: the second waits.
 *
 * @param {string} checkout
 */
export async function ensureInstalled(checkout) {
  const lock = readFileSync(join(checkout, 'package-lock.json'), 'utf8');
  const stampFile = join(checkout, 'node_modules', '.event-sync-installed');
  const stamp = createHash('sha256').update(lock).digest('hex');
  const stamped = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (stamped()) return;
  // Somebody has run npm by hand: nothing to do but to note it.
  if (isInstalled(checkout, lock)) return writeFileSync(stampFile, stamp);

  const release = await lockInstallation(join(checkout, '.local', 'installing'));
  try {
    if (stamped()) return;
    await install(checkout);
    writeFileSync(stampFile, stamp);
  } finally {
    release();
  }
}

/**
 * @param {string} checkout
 * @returns {string} the program of the Node version that package.json pins
 */
export function pinnedNode(checkout) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const path = join(checkout, 'node_modules', 'node', 'bin', name);
  const works = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.startsWith('v24.');
  if (works) return path;
  if (Number.parseInt(process.versions.node) >= 24) return process.execPath;
  throw new InstallError(
    `The pinned Node 24 in ${dirname(path)} does not run, and this is Node ${process.versions.node}.\n` +
      'It is put there by an install script of the npm package `node`: if npm is set to ignore-scripts, unset that,\n' +
      'delete node_modules and run the command again; or run it with a Node 24 of your own.',
  );
}

/** @param {string} checkout */
async function install(checkout) {
  const began = performance.now();
  const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
  const terminal = process.stderr.isTTY && !process.env.CI;
  console.error('Installing packages (npm ci); only the first time, and when they change.');
  const progress = setInterval(
    () =>
      terminal
        ? process.stderr.write(`\r  … ${seconds()}`)
        : console.error(`  still installing, ${seconds()}`),
    terminal ? 1_000 : 15_000,
  );
  const [command, ...first] = npm();
  let said = '';
  // Not --omit anything: what is tested is what is started.
  const child = spawn(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && first.length === 0,
    // npm start and npm test hand their own settings down as npm_config_…; NODE_ENV=production would leave out what
    // we run with.
    env: { ...process.env, NODE_ENV: 'development' },
  });
  child.stdout.on('data', (data) => (said += data));
  child.stderr.on('data', (data) => (said += data));
  const passOn = () => child.kill('SIGINT');
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  const code = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  process.off('SIGINT', passOn).off('SIGTERM', passOn);
  clearInterval(progress);
  if (terminal) process.stderr.write('\r');
  if (code !== 0) {
    throw new InstallError(
      `npm ci failed (${code}) after ${seconds()}:\n${said.trim()}\n` +
        'Its packages come from the registry that npm is set to: check the network, then run the command again.',
    );
  }
  console.error(`Packages installed in ${seconds()}.`);
}

/** npm as a program: the one that has started us, or the one of PATH. @returns {[string, ...string[]]} */
function npm() {
  const started = process.env.npm_execpath;
  if (started && /npm-cli\.[cm]?js$/.test(started)) return [process.execPath, started];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/**
 * @param {string} file
 * @returns {Promise<() => void>} what releases it
 */
async function lockInstallation(file) {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; ;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder === undefined) {
      // Its holder was killed.
      rmSync(file, { force: true });
      continue;
    }
    if (!told) console.error(`Waiting for the installation that process ${holder} is doing (${file}).`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** @param {string} file @returns {number | undefined} the pid of the living process that holds the lock */
function holderOf(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 0);
    return pid || undefined;
  } catch (error) {
    // Of another user, but alive.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM' ? -1 : undefined;
  }
}
