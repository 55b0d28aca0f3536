import { availableParallelism } from 'node:os';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { recentLogs } from './world/world.ts';
import { startSharedServers, stopSharedServers } from './world/servers.ts';

const usage = `Usage: npm test -- [options] [files...]

Runs every test: the unit tests beside the code, and the integration suite on real servers (Docker where an engine
answers, else private native ones).

  --unit           only the unit tests, no servers
  --integration    only the integration suite
  --grep TEXT      only tests whose title contains TEXT
  --except TEXT    no file whose path contains TEXT; as often as wanted
  STACK=docker|native|environment npm test     forces the way in which the servers are started`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    unit: { type: 'boolean', default: false },
    integration: { type: 'boolean', default: false },
    grep: { type: 'string' },
    except: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const root = join(import.meta.dirname, '..');
const workspaces =
  'contracts,deploy,platform,outbox,migrations,order-service,outbox-relay,customer-service,auditor,simulation,stack,bench';

async function filesOf(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(pattern, { cwd: root, exclude: (name) => name === 'node_modules' }))
    files.push(file);
  return files.sort();
}

const unit = values.integration ? [] : await filesOf(`{${workspaces}}/**/*.test.ts`);
const integration = values.unit ? [] : await filesOf('integration/**/*.test.ts');
const chosen = [...unit, ...integration].filter(
  (file) =>
    (positionals.length === 0 || positionals.some((name) => file.includes(name))) &&
    !values.except.some((name) => file.includes(name)),
);
if (chosen.length === 0) {
  console.error(
    `No test file has any of these in its path: ${positionals.join(', ')}. See: npm test -- --help`,
  );
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const needsServers = chosen.some((file) => integration.includes(file));

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Not `once`: a library of testcontainers (signal-exit) ends the process by the signal when it sees no listener left.
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    console.error(`\n${signal}: stopping what was started`);
    stopping.abort(new Error(`stopped by ${signal}`));
    void stopSharedServers().finally(() => process.exit(1));
  });
}

const startedAt = performance.now();
if (needsServers) {
  try {
    const servers = await startSharedServers((text) => console.log(`  ${text}`), stopping.signal);
    console.log(`\nServers: ${servers.how}, ${availableParallelism()} cores, ${seconds()} s to start`);
  } catch (error) {
    console.error(`The servers could not be started: ${(error as Error).message}`);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}

const mocha = new Mocha({
  ui: 'bdd',
  reporter: 'spec',
  timeout: 180_000,
  slow: 10_000,
  // A test that was left out is a test that failed to be run.
  forbidOnly: true,
  forbidPending: true,
  failZero: true,
  ...(values.grep === undefined ? {} : { fgrep: values.grep }),
});
for (const file of chosen) mocha.addFile(join(root, file));
await mocha.loadFilesAsync();
const stats = await new Promise<Mocha.Stats>((resolve) => {
  const runner = mocha.run(() => resolve(runner.stats!));
  runner.on('fail', () => console.log(recentLogs().replaceAll(/^/gm, '      | ')));
});
await stopSharedServers();
console.log(`${seconds()} s in all`);
if (stats.tests === 0) console.error(`No test in these files has "${values.grep}" in its title.`);
const failed = stats.tests === 0 ? 1 : stats.failures;
console.log(`${stats.passes} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function seconds(): string {
  return ((performance.now() - startedAt) / 1_000).toFixed(0);
}
