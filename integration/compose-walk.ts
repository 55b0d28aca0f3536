/**
 * Builds and starts docker-compose.yml as a newcomer would, takes the walk of the replaced system's README through it,
 * and removes all of it again. Under a project name and an image name of its own and on free ports: a system that runs
 * from the same file is not touched. Needs Docker with Compose v2, and no package.
 *
 *   npm run compose:walk
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { assertBillOfMaterials } from './compose/bill-of-materials.ts';
import {
  assertClosed,
  assertContainerClosed,
  assertEachOpeningIsNoticed,
  serviceOf,
  type Container,
} from './compose/closed.ts';
import { checkout, ComposeProject, minute } from './compose/project.ts';
import { assertReach } from './compose/reach.ts';
import { refusals, refusalsOfAuditor, type Refusal } from './compose/refusals.ts';
import { SteadyOrders } from './compose/steady-orders.ts';
import { takeWalk, type Step } from './compose/walk.ts';

const services = ['order_service', 'customer_web', 'customer_workers', 'outbox_relay'];
const project = await ComposeProject.prepare(
  'walk',
  ['docker-compose.yml'],
  ['ORDER_PORT', 'CUSTOMER_PORT', 'RELAY_PORT', 'WORKER_PORTS', 'RABBITMQ_MANAGEMENT_PORT', 'AUDIT_PORT'],
);
const { image, stopping } = project;
const at = project.at.bind(project);
const docker = project.docker.bind(project);
const compose = project.compose.bind(project);
const inspect = project.inspect.bind(project);
const call = project.call.bind(project);

/** Orders of customer 1. */
let placed = 0;

const walk: Step[] = [
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
      await assertRefused(refusals);
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
      await allCounted();
    },
  ],
  [
    'the consoles work inside the containers, where the servers can be reached',
    async () => {
      const relay = ['exec', '-T', 'outbox_relay', 'node', 'outbox-relay/outbox.main.ts'];
      await compose([...relay, 'list']);
      const worker = ['exec', '-T', 'customer_workers', 'node', 'customer-service/dead-letters.main.ts'];
      assert.match(await compose([...worker, 'list']), /no dead letters/);
      assert.match(await compose([...worker, 'replay', '--all']), /\b0 messages/);
    },
  ],
  [
    'an order that is placed while the relay is killed is counted once it is back',
    async () => {
      await compose(['kill', 'outbox_relay']);
      await placeOrder();
      await compose(['start', 'outbox_relay']);
      await allCounted();
    },
  ],
  [
    'relay and workers that start without RabbitMQ go to work when it comes, and an order placed meanwhile is counted',
    async () => {
      await compose(['stop', 'rabbitmq']);
      await compose(['restart', '--no-deps', 'outbox_relay', 'customer_workers']);
      await placeOrder();
      await compose(['start', 'rabbitmq']);
      await allCounted();
    },
  ],
  [
    'the container of RabbitMQ is removed and created again under orders, with events in it: each is counted once',
    async () => {
      const orders = new SteadyOrders({ url: `${at('ORDER_PORT')}/orders`, customers: 1, rate: 10 });
      const accepted = (number: number) =>
        until(() => orders.accepted >= number || `${orders.accepted} of ${number} orders are accepted`);
      // Nobody consumes, so that what is confirmed lies in the container that goes.
      await compose(['stop', 'customer_workers']);
      orders.start();
      try {
        await accepted(40);
        await until(async () => {
          const waiting = await messagesWaiting();
          return waiting >= 20 || `${waiting} messages wait in RabbitMQ`;
        });
        await compose(['rm', '--stop', '--force', 'rabbitmq']);
        await accepted(orders.accepted + 40);
        // With what it depends on: without, some versions of Compose take the service for a changed one, and replace the
        // container once more at the next command.
        await compose(['up', '--detach', '--wait', 'rabbitmq'], { deadlineMs: 3 * minute });
        await compose(['start', 'customer_workers']);
        await accepted(orders.accepted + 20);
      } finally {
        await orders.stop();
      }
      assert.deepEqual([...orders.statuses.keys()], [201], 'what orders were answered');
      placed += orders.accepted;
      await allCounted();
      console.log(`    ${orders.accepted} orders`);
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
    'the auditor that goes on watching is closed as the others are, can only read, and tells of no drift in its metrics',
    async () => {
      const withAuditor = ['--profile', 'audit'];
      await compose([...withAuditor, 'up', '--detach', '--wait', 'auditor'], { deadlineMs: 3 * minute });
      for (const container of await inspect(['auditor'], withAuditor)) assertContainerClosed(container);
      await assertRefused(refusalsOfAuditor, withAuditor);
      const { text } = await call('GET', `${at('AUDIT_PORT')}/metrics`, 200);
      const drift = text.split('\n').filter((line) => line.startsWith('audit_drift{'));
      assert.ok(drift.length > 0, 'audit_drift in /metrics');
      for (const line of drift) assert.match(line, / 0$/);
      await compose([...withAuditor, 'rm', '--stop', '--force', 'auditor']);
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
      await compose(['up', '--detach', '--force-recreate', '--wait'], { deadlineMs: 15 * minute });
      await placeOrder();
      await allCounted();
    },
  ],
  [
    'with NODE_ENV=production it does not start without tokens; with those that were made it takes orders of the shop only',
    async () => {
      const production = { NODE_ENV: 'production' };
      const alone = ['run', '--rm', '-T', '--no-deps', 'order_service'];
      await assert.rejects(compose(alone, { env: production }), /API_TOKENS is not set/);
      const env = { ...production, API_TOKENS_FILE: '/run/secrets/api_tokens' };
      await compose(['up', '--detach', '--wait', 'order_service', 'customer_web'], {
        env,
        deadlineMs: 5 * minute,
      });
      await call('GET', `${at('CUSTOMER_PORT')}/customers/1`, 401);
      const tokens = await compose(['exec', '-T', 'order_service', 'cat', '/run/secrets/api_tokens']);
      const headers = { authorization: `Bearer ${tokens.trim().replace('shop=', '')}` };
      const order = { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99 };
      await call('POST', `${at('ORDER_PORT')}/orders`, 401, { body: { order } });
      await sendOrder(order, headers);
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

await takeWalk(project, walk);

async function assertRefused(wishes: readonly Refusal[], options: readonly string[] = []): Promise<void> {
  const faults: string[] = [];
  for (const { service, what, script, answer } of wishes) {
    const node = ['exec', '-T', service, 'node', '--input-type=module', '--eval', script];
    const told = (await compose([...options, ...node])).trim();
    if (told !== answer) faults.push(`${service}, ${what}: ${told} in place of ${answer}`);
  }
  assert.deepEqual(faults, []);
  console.log(`    ${wishes.length} refusals`);
}

async function placeOrder(): Promise<void> {
  await sendOrder({ customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99, status: 'pending' });
}

/** Sends an order until it is accepted: processes that have just started, on a busy machine, may answer 503. */
async function sendOrder(order: object, headers: Record<string, string> = {}): Promise<void> {
  const key = { 'Idempotency-Key': `walk-${placed}` };
  await until(async () => {
    try {
      await call('POST', `${at('ORDER_PORT')}/orders`, 201, {
        body: { order },
        headers: { ...headers, ...key },
      });
      return true;
    } catch (error) {
      const { message } = error as Error;
      if (!/answered (409|503)/.test(message)) throw error;
      return message;
    }
  });
  placed++;
}

async function allCounted(): Promise<void> {
  await until(async () => {
    const { text } = await call('GET', `${at('CUSTOMER_PORT')}/customers/1`, 200);
    const { orders_count: count } = JSON.parse(text) as { orders_count: number };
    assert.ok(count <= placed, `${placed} orders were placed and ${count} are counted`);
    return count === placed || `${count} of ${placed} orders are counted`;
  });
}

async function messagesWaiting(): Promise<number> {
  const list = ['rabbitmqctl', '--quiet', '--formatter', 'json', 'list_queues', 'name', 'messages'];
  const text = await compose(['exec', '-T', 'rabbitmq', ...list]);
  const queues = JSON.parse(text.slice(text.indexOf('['))) as { name: string; messages: number }[];
  return queues.find(({ name }) => name === 'order_events_queue')!.messages;
}

/** @param holds true, or what is there in place of it */
async function until(holds: () => Promise<true | string> | true | string): Promise<void> {
  const deadline = performance.now() + 5 * minute;
  for (;;) {
    const found = await holds();
    if (found === true) return;
    assert.ok(performance.now() < deadline, `after five minutes ${found}`);
    await delay(100, undefined, { signal: stopping });
  }
}
