/**
 * Builds and starts docker-compose.yml as a newcomer would, takes the walk of the replaced system's README through it,
 * and removes all of it again. Under a project name and an image name of its own and on free ports: a system that runs
 * from the same file is not touched. Needs Docker with Compose v2, and no package.
 *
 *   npm run compose:walk
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assertBillOfMaterials } from './compose/bill-of-materials.ts';
import { assertClosed, assertEachOpeningIsNoticed, serviceOf, type Container } from './compose/closed.ts';
import { assertReach } from './compose/reach.ts';
import { refusals } from './compose/refusals.ts';

const checkout = join(import.meta.dirname, '..');
const project = `event-sync-walk-${process.pid}`;
const image = `event-sync:walk-${process.pid}`;
const services = ['order_service', 'customer_web', 'customer_workers', 'outbox_relay'];
const minute = 60_000;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    console.log(`${signal}: ${stopping.signal.aborted ? 'still removing' : 'removing'} what was started`);
    stopping.abort(new Error(`stopped by ${signal}`));
  });
}

const ports = await freePorts([
  'ORDER_PORT',
  'CUSTOMER_PORT',
  'RELAY_PORT',
  'WORKER_PORTS',
  'RABBITMQ_MANAGEMENT_PORT',
]);
const at = (port: keyof typeof ports) => `http://127.0.0.1:${ports[port]}`;

// The defaults are what is walked through: neither a .env nor the shell may set something else.
const set = /^(COMPOSE_|POSTGRES_|RABBITMQ_|REDIS_|AUDIT_|LOG_LEVEL$|NODE_ENV$|API_TOKENS|RATE_LIMIT)/;
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !set.test(name))),
  ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
  EVENT_SYNC_IMAGE: image,
};

const walk: [title: string, step: () => Promise<void>][] = [
  [
    'builds, starts and is healthy',
    async () => {
      await compose(['up', '--detach', '--build', '--wait'], { deadlineMs: 15 * minute });
    },
  ],
  [
    'every container is closed: no root, nothing to write to, no capability, limits, its networks, loopback only',
    async () => {
      const containers = await inspect();
      assertClosed(containers);
      for (const { Id, State, ...container } of containers.filter(({ State }) => State.Running)) {
        const name = serviceOf({ Id, State, ...container });
        assert.notEqual((await docker(['exec', Id, 'id', '-u'])).trim(), '0', `${name}: uid`);
        const capabilities = await docker(['exec', Id, 'sh', '-c', 'grep CapBnd /proc/self/status']);
        assert.match(capabilities, /^CapBnd:\s+0+$/m, `${name}: capabilities to be had`);
        await assert.rejects(docker(['exec', Id, 'sh', '-c', '>/written']), `${name}: wrote to /`);
      }
      console.log(`    ${assertEachOpeningIsNoticed(containers)} ways to open one are noticed`);
    },
  ],
  [
    'no program reaches a server that it does not need, whatever the network',
    async () => {
      const run = ({ Id }: Container, script: string) => docker(['exec', Id, 'bash', '-c', script]);
      console.log(`    ${await assertReach(await inspect(), run)} addresses tried`);
    },
  ],
  [
    'npm run sbom lists the packages that are in the image, and no other',
    async () => {
      const run = (program: string) => docker(['run', '--rm', image, 'node', '--eval', program]);
      console.log(`    ${await assertBillOfMaterials(checkout, run)} packages`);
    },
  ],
  [
    'the documentation of both APIs is served',
    async () => {
      for (const url of [at('ORDER_PORT'), at('CUSTOMER_PORT')]) {
        assert.match((await call('GET', `${url}/api-docs`, 200)).text, /swagger/i);
      }
    },
  ],
  [
    'the UI of RabbitMQ is served, and lets in the operator by password only, and nobody by a known one',
    async () => {
      const url = at('RABBITMQ_MANAGEMENT_PORT');
      const login = (user: string, password: string) => ({
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      });
      const password = await compose(['exec', '-T', 'rabbitmq', 'cat', '/run/secrets/operator']);
      assert.match((await call('GET', url, 200)).text, /RabbitMQ/);
      await call('GET', `${url}/api/whoami`, 200, { headers: login('operator', password) });
      await call('GET', `${url}/api/whoami`, 401, { headers: login('operator', 'another') });
      await call('GET', `${url}/api/whoami`, 401, { headers: login('guest', 'guest') });
    },
  ],
  [
    'what a program has no business with is refused by the servers, with the credentials that it has',
    async () => {
      const faults: string[] = [];
      for (const { service, what, script, answer } of refusals) {
        const node = ['exec', '-T', service, 'node', '--input-type=module', '--eval', script];
        const told = (await compose(node)).trim();
        if (told !== answer) faults.push(`${service}, ${what}: ${told} in place of ${answer}`);
      }
      assert.deepEqual(faults, []);
      console.log(`    ${refusals.length} refusals`);
    },
  ],
  [
    'the relay says that it is ready',
    async () => {
      await call('GET', `${at('RELAY_PORT')}/readyz`, 200);
    },
  ],
  [
    'a customer is created, an order placed, and counted',
    async () => {
      const customer = { name: 'Juan Pérez', address: 'Calle 123, Ciudad' };
      await call('PUT', `${at('CUSTOMER_PORT')}/customers/1`, 201, { body: { customer } });
      await placeOrder();
      await counted(1);
    },
  ],
  [
    'the consoles work inside the containers, where the servers can be reached',
    async () => {
      const relay = ['exec', '-T', 'outbox_relay', 'node', 'outbox-relay/outbox.main.ts'];
      await compose([...relay, 'list']);
      const worker = ['exec', '-T', 'customer_workers', 'node', 'customer-service/dead-letters.main.ts'];
      assert.match(await compose([...worker, 'list']), /no dead letters/);
      assert.match(await compose([...worker, 'replay', '--all']), /0 messages/);
    },
  ],
  [
    'an order that is placed while the relay is killed is counted once it is back',
    async () => {
      await compose(['kill', 'outbox_relay']);
      await placeOrder();
      await compose(['start', 'outbox_relay']);
      await counted(2);
    },
  ],
  [
    'relay and workers that start without RabbitMQ go to work when it comes, and an order placed meanwhile is counted',
    async () => {
      await compose(['stop', 'rabbitmq']);
      await compose(['restart', '--no-deps', 'outbox_relay', 'customer_workers']);
      await placeOrder();
      await compose(['start', 'rabbitmq']);
      await counted(3);
    },
  ],
  [
    'the audit, which logs in as users that only read, finds that everything fits together',
    async () => {
      const audit = ['--profile', 'audit', 'run', '--rm', '-T', 'auditor', 'node', 'auditor/main.ts'];
      console.log(`    ${(await compose(audit)).trim().split('\n').at(-1)}`);
    },
  ],
  [
    'secrets are renewed as SECURITY.md says, and orders are counted with the new ones',
    async () => {
      const before = await compose(['exec', '-T', 'outbox_relay', 'cat', '/run/secrets/database_password']);
      await compose(['run', '--rm', '-T', 'secrets', 'node', 'deploy/secrets/main.ts', 'renew']);
      const after = await compose(['exec', '-T', 'outbox_relay', 'cat', '/run/secrets/database_password']);
      assert.notEqual(after, before, 'the password of the relay');
      for (const [server, database] of [
        ['postgres_order', 'orders_development'],
        ['postgres_customer', 'customers_development'],
      ] as const) {
        const file = '/docker-entrypoint-initdb.d/roles.sql';
        const options = ['--username', 'postgres', '--set', 'ON_ERROR_STOP=1', '--file', file];
        await compose(['exec', '-T', server, 'psql', '--quiet', ...options, database]);
      }
      await compose(['up', '--detach', '--force-recreate', '--wait'], { deadlineMs: 5 * minute });
      await placeOrder();
      await counted(4);
    },
  ],
  [
    'with NODE_ENV=production it does not start without tokens; with those that were made it takes orders of the shop only',
    async () => {
      const production = { NODE_ENV: 'production' };
      const alone = ['run', '--rm', '-T', '--no-deps', 'order_service'];
      await assert.rejects(compose(alone, { env: production }), /API_TOKENS is not set/);
      const env = { ...production, API_TOKENS_FILE: '/run/secrets/api_tokens' };
      await compose(['up', '--detach', '--wait', 'order_service', 'customer_web'], { env });
      await call('GET', `${at('CUSTOMER_PORT')}/customers/1`, 401);
      const tokens = await compose(['exec', '-T', 'order_service', 'cat', '/run/secrets/api_tokens']);
      const headers = { authorization: `Bearer ${tokens.trim().replace('shop=', '')}` };
      const order = { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99 };
      await call('POST', `${at('ORDER_PORT')}/orders`, 401, { body: { order } });
      await call('POST', `${at('ORDER_PORT')}/orders`, 201, { body: { order }, headers });
    },
  ],
  [
    'every service ends by itself when it is stopped',
    async () => {
      await compose(['stop', ...services]);
      for (const container of await inspect(services)) {
        assert.equal(container.State.ExitCode, 0, `${serviceOf(container)}: exit code`);
      }
    },
  ],
];

let passed = 0;
let failed = 0;
if (!(await attempt('Docker answers', async () => void (await docker(['info']))))) {
  console.log('0 passed, 1 failed');
  process.exit(1);
}
console.log(
  `Compose project ${project}; if this is killed, remove it with: docker compose -p ${project} down -v`,
);
for (const [title, step] of walk) {
  if (!(await attempt(title, step))) break;
}
const skipped = 1 + walk.length - passed - failed;
if (failed > 0 && !stopping.signal.aborted) await showLogs();
await attempt('all of it is removed again', remove);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(stopping.signal.aborted ? 130 : failed > 0 ? 1 : 0);

async function attempt(title: string, step: () => Promise<void>): Promise<boolean> {
  const start = performance.now();
  console.log(`  ${title} …`);
  try {
    await step();
    passed++;
    console.log(`  ok, ${((performance.now() - start) / 1_000).toFixed(1)} s`);
    return true;
  } catch (error) {
    failed++;
    console.log(`  FAILED: ${(error as Error).message}`);
    return false;
  }
}

async function placeOrder(): Promise<void> {
  const order = { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99, status: 'pending' };
  await call('POST', `${at('ORDER_PORT')}/orders`, 201, { body: { order } });
}

async function counted(expected: number): Promise<void> {
  const deadline = performance.now() + 2 * minute;
  for (;;) {
    const { text } = await call('GET', `${at('CUSTOMER_PORT')}/customers/1`, 200);
    const { orders_count: count } = JSON.parse(text) as { orders_count: number };
    if (count === expected) return;
    assert.ok(count < expected, `${expected} orders were placed and ${count} are counted`);
    assert.ok(performance.now() < deadline, `after two minutes ${count} of ${expected} orders are counted`);
    await delay(100, undefined, { signal: stopping.signal });
  }
}

async function call(
  method: string,
  url: string,
  expected: number,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<{ text: string }> {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(minute / 2)]),
  });
  const text = await answer.text();
  assert.equal(answer.status, expected, `${method} ${url} answered ${answer.status}: ${text.slice(0, 500)}`);
  return { text };
}

async function inspect(ofServices: string[] = []): Promise<Container[]> {
  const ids = await compose(['ps', '--all', '--quiet', ...ofServices]);
  return JSON.parse(await docker(['inspect', ...ids.split('\n').filter(Boolean)])) as Container[];
}

async function showLogs(): Promise<void> {
  for (const what of [
    ['ps', '--all'],
    ['logs', '--no-color', '--tail', '100'],
  ]) {
    console.log(await compose(what).catch((error: unknown) => (error as Error).message));
  }
}

/** Also what Docker was still making when we were stopped: it may appear after the first attempt. */
async function remove(): Promise<void> {
  const options = { deadlineMs: 3 * minute, whateverHappens: true };
  let left = '';
  for (let tries = 0; tries < 3; tries++) {
    await compose(['down', '--volumes', '--remove-orphans', '--timeout', '10'], options);
    left = '';
    const ofProject = ['--quiet', '--filter', `label=com.docker.compose.project=${project}`];
    for (const kind of ['container', 'volume', 'network']) {
      const all = kind === 'container' ? ['--all'] : [];
      left += await docker([kind, 'ls', ...all, ...ofProject], options);
    }
    if (left === '') break;
  }
  assert.equal(left, '', `left behind: ${left.trim().replaceAll('\n', ', ')}`);
  // The layers stay in the builder's cache. Without an image, the build failed, and that was said above.
  await docker(['image', 'rm', image], options).catch(() => {});
}

function compose(
  parameters: string[],
  options?: { deadlineMs?: number; whateverHappens?: boolean; env?: Record<string, string> },
): Promise<string> {
  const file = join(checkout, 'docker-compose.yml');
  return docker(
    ['compose', '--project-name', project, '--file', file, '--env-file', devNull, ...parameters],
    options,
  );
}

/** @returns what the command wrote to stdout @throws {Error} with its last lines when it fails or takes too long */
function docker(
  parameters: string[],
  {
    deadlineMs = 2 * minute,
    whateverHappens = false,
    env = {},
  }: { deadlineMs?: number; whateverHappens?: boolean; env?: Record<string, string> } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (stopping.signal.aborted && !whateverHappens) return reject(stopping.signal.reason as Error);
    // In a process group of its own, so that Ctrl-C reaches it through us only, and never while it cleans up.
    const child = spawn('docker', parameters, {
      cwd: checkout,
      env: { ...environment, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let everything = '';
    let why = '';
    const end = (reason: string) => {
      why ||= reason;
      child.kill('SIGTERM');
    };
    const lines = (count: number) => everything.trim().split('\n').slice(-count).join('\n').slice(-4_000);
    const onStop = () => end((stopping.signal.reason as Error).message);
    if (!whateverHappens) stopping.signal.addEventListener('abort', onStop);
    const deadline = setTimeout(() => end(`no end after ${deadlineMs / 1_000} s`), deadlineMs);
    const progress = setInterval(() => console.log(`    ${lines(1).trim()}`), minute / 4);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      everything += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (everything += text));
    const settle = (problem: string | undefined) => {
      clearTimeout(deadline);
      clearInterval(progress);
      stopping.signal.removeEventListener('abort', onStop);
      if (problem === undefined) resolve(output);
      else reject(new Error(`docker ${parameters.join(' ')}: ${problem}\n${lines(20)}`));
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(
        error.code === 'ENOENT' ? 'there is no docker here: install Docker with Compose v2' : error.message,
      ),
    );
    child.on('close', (code) => settle(code === 0 && !why ? undefined : why || `exit code ${code}`));
  });
}

/** Below the range that systems give to outgoing connections. All are held until all are found: none is found twice. */
async function freePorts<Name extends string>(names: Name[]): Promise<Record<Name, number>> {
  const found = {} as Record<Name, number>;
  const held: Server[] = [];
  for (const name of names) {
    for (let attempt = 0; found[name] === undefined; attempt++) {
      if (attempt === 100) throw new Error('No free port between 20000 and 31999: end what holds them.');
      const port = randomInt(20_000, 32_000);
      const server = createServer();
      const free = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
      });
      if (!free) continue;
      found[name] = port;
      held.push(server);
    }
  }
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}
