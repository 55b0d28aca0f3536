/**
 * Three nodes of RabbitMQ (deploy/rabbitmq-cluster) under 20 orders a second: the node with the leader of the queue is
 * killed, then a second one, and both come back. No order may be refused, lost or counted twice. Needs Docker with
 * Compose v2, and no package.
 *
 *   npm run cluster:walk
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { serviceOf } from './compose/closed.ts';
import { ComposeProject, minute } from './compose/project.ts';
import { SteadyOrders } from './compose/steady-orders.ts';
import { takeWalk, type Step } from './compose/walk.ts';

const queue = 'order_events_queue';
const customers = 5;
const nodes: Record<string, string> = {
  'rabbit@rabbitmq-1': 'rabbitmq',
  'rabbit@rabbitmq-2': 'rabbitmq_2',
  'rabbit@rabbitmq-3': 'rabbitmq_3',
};

const project = await ComposeProject.prepare(
  'cluster',
  ['docker-compose.yml', 'deploy/rabbitmq-cluster/compose.yml'],
  ['ORDER_PORT', 'CUSTOMER_PORT', 'RELAY_PORT', 'WORKER_PORTS', 'RABBITMQ_MANAGEMENT_PORT'],
);
const orders = new SteadyOrders({ url: `${project.at('ORDER_PORT')}/orders`, customers, rate: 20 });
const killed: string[] = [];

const walk: Step[] = [
  [
    'builds, starts and is healthy',
    async () =>
      void (await project.compose(['up', '--detach', '--build', '--wait'], { deadlineMs: 15 * minute })),
  ],
  [
    'the other nodes are as closed as the first, and reached from nowhere but the network of the broker',
    async () => {
      for (const container of await project.inspect(['rabbitmq_2', 'rabbitmq_3'])) {
        const { Config, HostConfig, NetworkSettings, Id } = container;
        const name = serviceOf(container);
        assert.equal(Config.User, 'rabbitmq', name);
        assert.equal(HostConfig.ReadonlyRootfs, true, name);
        assert.deepEqual(HostConfig.CapDrop, ['ALL'], name);
        assert.ok(HostConfig.SecurityOpt?.includes('no-new-privileges:true'), name);
        assert.ok(HostConfig.Memory > 0 && (HostConfig.PidsLimit ?? 0) > 0, `${name}: limits`);
        assert.deepEqual(HostConfig.PortBindings ?? {}, {}, `${name}: published ports`);
        assert.deepEqual(Object.keys(NetworkSettings.Networks), [`${project.name}_broker`], name);
        const cookie = await project.docker([
          'exec',
          Id,
          'stat',
          '-c',
          '%U %a',
          '/var/lib/rabbitmq/.erlang.cookie',
        ]);
        assert.equal(cookie.trim(), 'rabbitmq 600', `${name}: its cookie`);
      }
    },
  ],
  [
    'every queue has a member on each of three nodes, and the name of the broker stands for all of them',
    async () => {
      await until('three members of each queue', 2 * minute, async () => {
        const all = await queues();
        return all.length === 3 && all.every(({ members }) => members.length === 3);
      });
      assert.equal((await addresses()).length, 3);
    },
  ],
  [
    'customers are created, and orders of them are counted',
    async () => {
      for (let id = 1; id <= customers; id++) {
        const customer = { name: `Customer ${id}`, address: 'Calle 123, Ciudad' };
        await project.call('PUT', `${project.at('CUSTOMER_PORT')}/customers/${id}`, 201, {
          body: { customer },
        });
      }
      orders.start();
      await flows();
    },
  ],
  [
    'the node with the leader of the queue is killed: orders are counted as before',
    async () => {
      const { leader } = (await queues()).find(({ name }) => name === queue)!;
      await kill(leader);
      await flows();
      await until('another leader', minute, async () => {
        const now = (await queues()).find(({ name }) => name === queue);
        return now !== undefined && now.leader !== leader && now.leader in nodes;
      });
      assert.equal((await addresses()).length, 2, 'addresses of the broker');
    },
  ],
  [
    'a second node is killed: orders are accepted, and the outbox holds them',
    async () => {
      await kill(Object.keys(nodes).find((node) => !killed.includes(nodes[node]!))!);
      const { accepted } = orders;
      await until('100 more orders', minute, async () => orders.accepted >= accepted + 100);
      await until('50 events in the outbox', minute, async () => (await backlog()) >= 50);
      const before = await counted();
      const waiting = await backlog();
      await until('20 more of them', minute, async () => (await backlog()) >= waiting + 20);
      assert.equal(await counted(), before, 'orders counted without a majority of the brokers');
    },
  ],
  [
    'both are started again: every order is counted, once',
    async () => {
      await project.compose(['start', ...killed], { deadlineMs: 3 * minute });
      await flows();
      await orders.stop();
      await until('every order', 3 * minute, async () => {
        const count = await counted();
        assert.ok(count <= orders.accepted, `${orders.accepted} accepted and ${count} counted`);
        return count === orders.accepted;
      });
      await until('nothing in the outbox', minute, async () => (await backlog()) === 0);
      assert.deepEqual([...orders.statuses.keys()], [201], 'what orders were answered');
      console.log(`    ${orders.accepted} orders, all of them accepted at once and counted once`);
    },
  ],
  [
    'the audit finds that everything fits together',
    async () => {
      const audit = ['--profile', 'audit', 'run', '--rm', '-T', 'auditor', 'node', 'auditor/main.ts'];
      console.log(`    ${(await project.compose(audit)).trim().split('\n').at(-1)}`);
    },
  ],
];

await takeWalk(project, walk);

async function kill(node: string): Promise<void> {
  const service = nodes[node]!;
  killed.push(service);
  console.log(`    ${node} is killed, after ${orders.accepted} orders`);
  await project.compose(['kill', service]);
}

/** Orders that are placed from now on are counted. */
async function flows(): Promise<void> {
  const { accepted } = orders;
  await until('100 more orders, counted', 2 * minute, async () => (await counted()) >= accepted + 100);
}

async function counted(): Promise<number> {
  const { text } = await project.call('GET', `${project.at('CUSTOMER_PORT')}/customers`, 200);
  return (JSON.parse(text) as { total_orders: number }).total_orders;
}

async function backlog(): Promise<number> {
  const { text } = await project.call('GET', `${project.at('RELAY_PORT')}/metrics`, 200);
  return Number(/^outbox_backlog_rows(?:\{.*\})? (\d+)/m.exec(text)?.[1]);
}

interface Queue {
  name: string;
  leader: string;
  members: string[];
}

async function queues(): Promise<Queue[]> {
  const [service] = Object.values(nodes).filter((name) => !killed.includes(name));
  const columns = ['name', 'leader', 'members'];
  const list = ['rabbitmqctl', '--quiet', '--formatter', 'json', 'list_queues', ...columns];
  const text = await project.compose(['exec', '-T', service!, ...list]);
  return JSON.parse(text.slice(text.indexOf('['))) as Queue[];
}

/** As the relay sees them. */
async function addresses(): Promise<string[]> {
  const script = `console.log(JSON.stringify(await (await import('node:dns/promises')).lookup('rabbitmq', { all: true })))`;
  const node = ['exec', '-T', 'outbox_relay', 'node', '--input-type=module', '--eval', script];
  return (JSON.parse(await project.compose(node)) as { address: string }[]).map(({ address }) => address);
}

async function until(what: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within ${withinMs / 1_000} s: ${what}`);
    await delay(200, undefined, { signal: project.stopping });
  }
}
