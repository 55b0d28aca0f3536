import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { RabbitMQContainer } from '@testcontainers/rabbitmq';
import { RedisContainer } from '@testcontainers/redis';
import type { GenericContainer, WaitStrategy } from 'testcontainers';
import { databaseNames, postgresLogin, type ServerPorts } from '../addresses.ts';
import type { ServerName } from '../control.ts';
import { postgresSettings } from '../postgres-settings.ts';
import { images } from './images.ts';

/** Container port to host port. */
type Publications = Record<number, number>;

/** @param volume a name in which the data stay, or undefined for data that go with the container */
export function describeContainer(
  name: ServerName,
  ports: ServerPorts,
  publishOn: string,
  volume: string | undefined,
): GenericContainer {
  const container = describe(name, ports, publishOn);
  const mount = volume ? [{ source: volume, target: dataFolders[name] }] : [];
  return container.withBindMounts(mount).withWaitStrategy(noWait).withAutoCleanup(false);
}

const dataFolders: Record<ServerName, string> = {
  postgresOrder: '/var/lib/postgresql/data',
  postgresCustomer: '/var/lib/postgresql/data',
  rabbitmq: '/var/lib/rabbitmq',
  redis: '/data',
};

function describe(name: ServerName, ports: ServerPorts, publishOn: string): GenericContainer {
  switch (name) {
    case 'postgresOrder':
      return postgres(databaseNames.order, publishOn, { 5432: ports.postgresOrder });
    case 'postgresCustomer':
      return postgres(databaseNames.customer, publishOn, { 5432: ports.postgresCustomer });
    case 'rabbitmq':
      return (
        new (publishing(RabbitMQContainer))(images.rabbitmq)
          .publish(publishOn, { 5672: ports.rabbitmq, 15672: ports.rabbitmqManagement })
          // The node is named after the host, and its data are filed under that name.
          .withHostname('event-sync-rabbitmq')
      );
    case 'redis':
      return (
        new (publishing(RedisContainer))(images.redis)
          .publish(publishOn, { 6379: ports.redis })
          // Nothing on disk: why, see Servers.control.
          .withCommand(['redis-server', '--save', '', '--appendonly', 'no'])
      );
  }
}

function postgres(database: string, publishOn: string, publications: Publications): GenericContainer {
  return (
    new (publishing(PostgreSqlContainer))(images.postgres)
      .publish(publishOn, publications)
      .withDatabase(database)
      .withUsername(postgresLogin.user)
      .withPassword(postgresLogin.password)
      // Whatever the locale of the image is.
      .withEnvironment({ POSTGRES_INITDB_ARGS: '--encoding=UTF8' })
      .withCommand(['postgres', ...postgresSettings])
      // The module's own check runs a program in the container four times a second as long as it lives.
      .withHealthCheck({ test: ['NONE'] as unknown as ['CMD', string] })
  );
}

/**
 * The module's container with exactly these ports published, on this address of the host. testcontainers publishes on
 * all addresses, which would offer a database with a well-known password to the network, and its RabbitMQ publishes
 * ports that we do not use.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- TypeScript asks for exactly this in a mixin's constructor
function publishing<Base extends new (...parameters: any[]) => GenericContainer>(base: Base) {
  return class extends base {
    #publishOn = '';
    #publications: Publications = {};

    publish(publishOn: string, publications: Publications): this {
      this.#publishOn = publishOn;
      this.#publications = publications;
      return this;
    }

    protected override async beforeContainerCreated(): Promise<void> {
      const entries = Object.entries(this.#publications);
      this.exposedPorts = entries.map(([container, host]) => ({ container: Number(container), host }));
      this.createOpts.ExposedPorts = Object.fromEntries(
        entries.map(([container]) => [`${container}/tcp`, {}]),
      );
      this.hostConfig.PortBindings = Object.fromEntries(
        entries.map(([container, host]) => [
          `${container}/tcp`,
          [{ HostIp: this.#publishOn, HostPort: String(host) }],
        ]),
      );
    }
  };
}

/** The container runs: whether the server in it answers, we ask ourselves, in the same words as for a native one. */
const noWait: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => noWait,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};
