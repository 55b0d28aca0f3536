import { eventsExchange, orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { orderCreated } from '@event-sync/contracts/events/order-created.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { endBackends } from '../../world/locks.ts';
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

/** Longer than a lease. */
const takeOverMs = 9_000;

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
    ground.signal(role, 'SIGSTOP');
    try {
      await delay(takeOverMs);
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
  'connections to Postgres ended': async ({ world }) => {
    for (const name of ['order-service', 'outbox-relay']) await endBackends(world.orderDb, name);
    for (const name of ['customer-web', 'customer-worker']) await endBackends(world.customerDb, name);
  },
  'connections to RabbitMQ closed': async ({ world }) => {
    return `${await world.rabbit.closeConnections()} connections`;
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
