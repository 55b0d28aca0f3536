/**
 * The first program of every npm script that needs our packages or Node 24. Plain JavaScript without imports of ours or
 * others', because it has to run where nothing is installed yet, on whatever Node (20 or later) the machine has.
 *
 *   node stack/bootstrap.mjs <script.ts> [arguments]
 *   node stack/bootstrap.mjs --mocha [arguments]
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..');
const oldestNode = 20;

if (Number.parseInt(process.versions.node) < oldestNode) {
  console.error(
    `This is Node ${process.versions.node} (${process.execPath}), and Event Sync is started with Node ${oldestNode} or later.\n` +
      'Install a newer one from https://nodejs.org/ or your package manager, and run the command again.',
  );
  process.exit(1);
}

const { ensureInstalled, pinnedNode, InstallError } = await import('./bootstrap/install.mjs');

const [script, ...rest] = process.argv.slice(2);
if (!script) {
  console.error('usage: node stack/bootstrap.mjs <script.ts> [arguments], or --mocha [arguments]');
  process.exit(2);
}

try {
  await ensureInstalled(checkout);
  run(pinnedNode(checkout), [
    script === '--mocha' ? join(checkout, 'node_modules/mocha/bin/mocha.js') : script,
    ...rest,
  ]);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exit(1);
}

/**
 * Runs the program as if it had been started instead of us. It gets a process group of its own: Ctrl-C reaches us from
 * the terminal and often from npm once more, and it must arrive there once. A person who presses it again, later, is
 * passed on again.
 *
 * @param {string} node
 * @param {string[]} parameters
 */
function run(node, parameters) {
  const bin = join(checkout, 'node_modules', '.bin');
  const separator = process.platform === 'win32' ? ';' : ':';
  const child = spawn(node, parameters, {
    cwd: checkout,
    stdio: 'inherit',
    detached: process.platform !== 'win32',
    env: {
      ...process.env,
      PATH: [bin, dirname(node), process.env.PATH].filter(Boolean).join(separator),
      // So that it can tell when we are gone without having passed a signal on.
      EVENT_SYNC_BOOTSTRAP: String(process.pid),
    },
  });
  const sameKeyPressMs = 500;
  let passedOn = -Infinity;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (performance.now() - passedOn < sameKeyPressMs) return;
      passedOn = performance.now();
      child.kill(signal);
    });
  }
  // Not after a signal: whoever stops npm by its process group has told us already.
  stopWithNpm(() => passedOn === -Infinity && child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(
      `${node} could not be started: ${error.message}. Delete node_modules and run the command again.`,
    );
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Ends by the same signal, so that a shell sees what happened to the program.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(1), 1_000);
  });
}

/**
 * npm hands a SIGTERM to the shell that it has started us with, and the shell ends without handing it on: that it is
 * gone is all that we hear.
 *
 * @param {() => void} stop
 */
function stopWithNpm(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
}
