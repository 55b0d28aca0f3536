import { eventsExchange, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../world/eventually.ts';
import { endAllBackends } from '../../world/locks.ts';
import { networkFaults } from '../network-faults.ts';
import type { ServerName } from '@event-sync/stack/control.ts';
import type { Peer } from '../network.ts';
import type { Seeded } from '../seeded.ts';
import { tapQueue } from '../tap.ts';
import { roles, type Ground, type Role } from './ground.ts';

/** Hurts, and resolves when what was hurt is whole again; what it did, in more words than its name, if there are any. */
export type Fault = (ground: Ground, random: Seeded) => Promise<string | void>;

const relay = (random: Seeded): Role => random.pick(['relayA', 'relayB']);
const moment = (random: Seeded): Promise<void> => delay(random.between(200, 2_000));

function kill(roleOf: (random: Seeded) => Role): Fault {
  return async (ground, random) => {
    const role = roleOf(random);
    await ground.service(role).kill();
    await moment(random);
    await ground.start(role);
    return role;
  };
}

function terminate(roleOf: (random: Seeded) => Role): Fault {
  return async (ground, random) => {
    const role = roleOf(random);
    const code = await ground.service(role).stop();
    if (code !== 0) throw new Error(`${role} ended with ${code} after SIGTERM`);
    await ground.start(role);
    return role;
  };
}

function killServer(name: ServerName): Fault {
  return async ({ world }, random) => {
    await world.servers.control[name].kill();
    await moment(random);
    await world.servers.control[name].start();
  };
}

function pauseServer(name: ServerName): Fault {
  return async ({ world }, random) => {
    await world.servers.control[name].pause();
    try {
      await moment(random);
    } finally {
      await world.servers.control[name].resume();
    }
  };
}

/** What is promised is 10 s, from a kill; here 2 s for a machine that does ten other things. */
const takeOverLimitMs = 12_000;

/** Until all of them are leased, to so many relays. */
async function partitionsBelongTo(
  { world }: Ground,
  relays: number,
  limit: { withinMs: number },
): Promise<void> {
  await eventually(async () => {
    const { rows } = await world.orderDb.query<{ relays: number; free: number }>(
      `SELECT count(DISTINCT owner) FILTER (WHERE owned_until > clock_timestamp())::int AS relays,
              count(*) FILTER (WHERE owner IS NULL OR owned_until <= clock_timestamp())::int AS free
       FROM outbox_partition`,
    );
    expect(rows[0], 'relays that have leases, and partitions without one').to.deep.equal({ relays, free: 0 });
  }, limit);
}

/** Every way in which a run is hurt, by its name. */
export const faultKinds: Readonly<Record<string, Fault>> = {
  'relay killed': kill(relay),
  'worker killed': kill(() => 'customerWorker'),
  'order service killed': kill(() => 'orderService'),
  'customer service killed': kill(() => 'customerWeb'),
  'relay asked to end': terminate(relay),
  'worker asked to end': terminate(() => 'customerWorker'),
  'relay paused until another has taken over': async (ground, random) => {
    const role = relay(random);
    await partitionsBelongTo(ground, 2, { withinMs: 60_000 });
    ground.signal(role, 'SIGSTOP');
    try {
      await partitionsBelongTo(ground, 1, { withinMs: takeOverLimitMs });
    } finally {
      ground.signal(role, 'SIGCONT');
    }
    return role;
  },
  'worker killed with events in hand': async (ground, random) => {
    const { postgresCustomer } = ground.world.servers.control;
    // Nothing can be committed: what is delivered now is handed over again.
    await postgresCustomer.pause();
    try {
      await moment(random);
      await ground.service('customerWorker').kill();
    } finally {
      await postgresCustomer.resume();
    }
    await ground.start('customerWorker');
  },
  'worker paused': async (ground, random) => {
    ground.signal('customerWorker', 'SIGSTOP');
    try {
      await moment(random);
    } finally {
      ground.signal('customerWorker', 'SIGCONT');
    }
  },
  'customer service paused': async (ground, random) => {
    ground.signal('customerWeb', 'SIGSTOP');
    try {
      await moment(random);
    } finally {
      ground.signal('customerWeb', 'SIGCONT');
    }
  },
  'connections to Postgres ended': async ({ world }) => {
    const ended = (await endAllBackends(world.orderDb)) + (await endAllBackends(world.customerDb));
    expect(ended, 'connections to Postgres').to.be.greaterThan(0);
    return `${ended} connections`;
  },
  'connections to RabbitMQ closed': async ({ world }) => {
    // The management API knows of a connection a moment after it is there.
    const closed = await eventually(async () => {
      const number = await world.rabbit.closeAllConnections();
      expect(number, 'connections to RabbitMQ').to.be.greaterThan(0);
      return number;
    });
    return `${closed} connections`;
  },
  'RabbitMQ killed': killServer('rabbitmq'),
  'RabbitMQ paused': pauseServer('rabbitmq'),
  'Postgres of the orders killed': killServer('postgresOrder'),
  'Postgres of the customers killed': killServer('postgresCustomer'),
  'Postgres of the orders paused': pauseServer('postgresOrder'),
  'Redis killed': killServer('redis'),
  'Redis emptied': async ({ world }) => void (await world.redis.flushdb()),
  'queue unbound': async ({ world }, random) => {
    const key = orderCreated.routingKey;
    // The tap first, and last: what arrives there only, is lost for the consumer by our own doing.
    await world.rabbit.declare(async (channel) => {
      await channel.unbindQueue(tapQueue, eventsExchange, '#');
      await channel.unbindQueue(orderEventsQueue, eventsExchange, key);
    });
    await moment(random);
    await world.rabbit.declare(async (channel) => {
      await channel.bindQueue(orderEventsQueue, eventsExchange, key);
      await channel.bindQueue(tapQueue, eventsExchange, '#');
    });
  },
  'confirms held back until it is too late': async ({ network }) => {
    const link = network.link('outboxRelay', 'rabbitmq');
    link.weather = { cut: ['to-client'] };
    try {
      await delay(4_500);
    } finally {
      link.weather = {};
    }
  },
  'network of a process': async ({ network }, random) => {
    const role = random.pick(Object.values(roles));
    const peer: Peer = random.pick(network.peers(role));
    const fault = random.pick(Object.keys(networkFaults));
    const heal = networkFaults[fault]!(network.link(role, peer));
    try {
      await moment(random);
    } finally {
      heal();
    }
    return `${role} and ${peer}: ${fault}`;
  },
};
