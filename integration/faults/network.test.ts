import { customerKey } from '@event-sync/contracts/customer.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { World, type ServiceName } from '../world/world.ts';
import { Clients } from './clients.ts';
import { Network } from './network.ts';
import { networkFaults, suffer } from './network-faults.ts';
import { Seeded } from './seeded.ts';
import { installTap } from './tap.ts';
import { judge, quiesce } from './verdict.ts';

const customers = [1, 2, 3, 4, 5, 6];
const processes = ['orderService', 'outboxRelay', 'customerWorker', 'customerWeb'] as const;

describe('a network that fails', () => {
  let world: World;
  let network: Network;
  const services = new Map<ServiceName, Service>();
  before(async () => {
    world = await World.create();
    await installTap(world);
    network = await Network.around(world);
    await Promise.all(
      processes.map(async (name) => {
        const environment = { ...network.environment(name), OUTBOX_CONFIRM_TIMEOUT_MS: '2000' };
        services.set(name, await world.start(name, environment));
      }),
    );
    for (const id of customers) await world.putCustomer(id);
  });
  after(async () => {
    await world.destroy();
    await network.close();
  });
  it('between any process and any server, in every way: nothing is lost, doubled or out of order', async function () {
    this.timeout(240_000);
    const random = new Seeded('network', 1);
    const clients = new Clients({ world, random, customers, name: 'network' });
    clients.start();
    const suffered: string[] = [];
    try {
      // Each process goes through all that can happen to its links, while the others go through theirs.
      await Promise.all(
        processes.map(async (name) => {
          const troubles = network
            .peers(name)
            .flatMap((peer) =>
              Object.keys(networkFaults).map((fault) => ({ peer, fault, place: random.between(0, 1e6) })),
            );
          for (const { peer, fault } of troubles.sort((a, b) => a.place - b.place)) {
            const link = network.link(name, peer);
            // The customer service is asked only about a customer that is not cached. What fences the cache stays.
            const use = async () =>
              peer === 'customerWeb' && world.redis.del(customers.map((id) => customerKey(String(id))));
            // Only what is used can suffer.
            await eventually(async () => {
              await use();
              expect(link.connections, `${name} to ${peer}`).to.be.greaterThan(0);
            });
            const unknown = () =>
              world.metric(services.get('outboxRelay')!, 'outbox_publish_total{outcome="unknown"');
            const before = name === 'outboxRelay' ? await unknown() : 0;
            const useUntilFelt = async () => {
              await use();
              // Until a confirm was missed: what was published then is sure to come again.
              if (name === 'outboxRelay' && peer === 'rabbitmq' && fault === 'nothing comes back')
                expect(await unknown()).to.be.greaterThan(before);
            };
            await suffer(link, fault, { lastsMs: 500, use: useUntilFelt });
            suffered.push(`${name}, ${peer}: ${fault}`);
          }
        }),
      );
    } finally {
      await clients.stop();
    }
    expect(suffered).to.have.length(10 * Object.keys(networkFaults).length);
    await quiesce(world);
    const verdict = await judge(world, clients.log);
    expect(verdict.repeated, 'messages that had to be sent again').to.be.greaterThan(0);
    expect(clients.statuses.has('POST 503'), 'orders that were refused').to.equal(true);
    for (const status of clients.statuses.keys()) expect(status).not.to.match(/500|502|504/);
  });

  it('between relay, worker and a Postgres that stays silent for longer than they wait: they give up, and go on by themselves', async () => {
    const clients = new Clients({ world, random: new Seeded('silence', 1), customers, name: 'silence' });
    // The worker first: while the relay still goes on, it is sent something to wait with.
    const gaveUp = [
      ['customerWorker', /a batch failed: trying it again/],
      ['outboxRelay', /cannot be (read|settled): trying again|cannot renew partitions: trying again/],
    ] as const;
    clients.start();
    try {
      const applied = await world.rowsIn('inbox');
      await eventually(async () => expect(await world.rowsIn('inbox')).to.be.greaterThan(applied + 20));
      try {
        for (const [name, what] of gaveUp) {
          const service = services.get(name)!;
          const toldBefore = service.logs().length;
          network.link(name, 'postgres').weather = { cut: ['to-server', 'to-client'] };
          await eventually(() => expect(service.logs().slice(toldBefore), name).to.match(what));
        }
      } finally {
        for (const [name] of gaveUp) network.link(name, 'postgres').weather = {};
      }
      const later = await world.rowsIn('inbox');
      await eventually(async () => expect(await world.rowsIn('inbox')).to.be.greaterThan(later + 20));
    } finally {
      await clients.stop();
    }
    await quiesce(world);
    await judge(world, clients.log);
  });
});
