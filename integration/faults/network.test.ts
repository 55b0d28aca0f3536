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
  before(async () => {
    world = await World.create();
    await installTap(world);
    network = await Network.around(world);
    await Promise.all(processes.map(start));
    for (const id of customers) await world.putCustomer(id);
  });
  after(async () => {
    await world.destroy();
    await network.close();
  });
  const start = (name: ServiceName) =>
    world.start(name, { ...network.environment(name), OUTBOX_CONFIRM_TIMEOUT_MS: '2000' });

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
            // Only what is used can suffer.
            if (peer !== 'customerWeb') await eventually(() => expect(link.connections).to.be.greaterThan(0));
            await suffer(link, fault, 500);
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
});
