import { customerKey } from '@event-sync/contracts/customer.ts';
import { migrate } from '@event-sync/migrations/migrate.ts';
import { freePort } from '@event-sync/stack/ports.ts';
import {
  servicesEnvironment,
  services as programs,
  type ServiceName,
} from '@event-sync/stack/services-environment.ts';
import { startService, type Service } from '@event-sync/stack/services.ts';
import type { PostgresAddress, ServerAddresses, Servers } from '@event-sync/stack/servers.ts';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import knexFactory, { type Knex } from 'knex';
import pg from 'pg';
import type { DocumentName } from '../api-documents/documents.ts';
import { documentedBy } from './documented.ts';
import { eventually } from './eventually.ts';
import { request, type Answer } from './http.ts';
import { administer, Logins } from './logins.ts';
import { sampleIn } from './metrics.ts';
import { Rabbit } from './rabbit.ts';
import { sharedServers } from './servers.ts';

export type { ServiceName } from '@event-sync/stack/services-environment.ts';

/** What a process's APIs answer has to be as these say. */
const documentsOf: Record<ServiceName, { api?: DocumentName; admin?: DocumentName }> = {
  orderService: { api: 'order-service.openapi.json' },
  customerWeb: { api: 'customer-service.openapi.json' },
  customerWorker: { admin: 'dead-letters-admin.openapi.json' },
  outboxRelay: { admin: 'outbox-admin.openapi.json' },
};

let worlds = 0;
const living = new Set<World>();

/** What the processes of the tests that run now have logged at `info` and above, for people who look for a fault. */
export function recentLogs(): string {
  return [...living]
    .flatMap((world) => world.started)
    .map((service) => {
      const lines = service.logs().trimEnd().split('\n');
      const told = lines.filter(
        (line) => !line.startsWith('{"level":20') && !line.includes('"msg":"request"'),
      );
      return `--- ${service.name} (pid ${service.pid})\n${told.slice(-12).join('\n')}`;
    })
    .join('\n');
}

/**
 * A system of its own on the shared servers: two databases, a virtual host, a Redis database, and our four processes,
 * started when a test asks for them. Each process logs in as a user of its own, with no more rights than it needs.
 */
export class World {
  readonly servers: Servers;
  readonly addresses: ServerAddresses;
  readonly orderDb: pg.Pool;
  readonly customerDb: pg.Pool;
  readonly redis: Redis;
  readonly rabbit: Rabbit;
  readonly logins: Logins;
  readonly #environment: ReturnType<typeof servicesEnvironment>;
  readonly #services = new Set<Service>();

  private constructor(
    servers: Servers,
    addresses: ServerAddresses,
    vhost: string,
    ports: Record<string, number>,
    restricted: boolean,
  ) {
    this.servers = servers;
    this.addresses = addresses;
    this.#environment = servicesEnvironment(addresses, {
      order: ports.order!,
      customer: ports.customer!,
      relay: ports.relay!,
      worker: ports.worker!,
    });
    this.orderDb = poolOf(addresses.postgresOrder);
    this.customerDb = poolOf(addresses.postgresCustomer);
    this.redis = new Redis(addresses.redisUrl, { maxRetriesPerRequest: 1 });
    this.redis.on('error', () => {});
    this.rabbit = new Rabbit({
      url: addresses.rabbitmqUrl,
      managementUrl: addresses.rabbitmqManagementUrl,
      vhost,
    });
    this.logins = new Logins({ world: vhost, addresses, rabbit: this.rabbit, everywhere: restricted });
  }

  /** @param restricted with least rights in RabbitMQ and Redis too, see `Logins` */
  static async create({ restricted = false } = {}): Promise<World> {
    const servers = sharedServers();
    const number = ++worlds;
    const name = `world_${process.pid}_${number}`;
    const shared = servers.addresses;
    const addresses: ServerAddresses = {
      ...shared,
      postgresOrder: { ...shared.postgresOrder, database: `${name}_orders` },
      postgresCustomer: { ...shared.postgresCustomer, database: `${name}_customers` },
      rabbitmqUrl: `${shared.rabbitmqUrl.replace(/\/$/, '')}/${name}`,
      redisUrl: shared.redisUrl.replace(/(\/[0-9]*)?$/, `/${number % 16}`),
    };
    await createDatabase(shared.postgresOrder, addresses.postgresOrder.database);
    await createDatabase(shared.postgresCustomer, addresses.postgresCustomer.database);
    const ports = {
      order: await freePort(),
      customer: await freePort(),
      relay: await freePort(),
      worker: await freePort(),
    };
    const world = new World(servers, addresses, name, ports, restricted);
    living.add(world);
    await world.rabbit.createVhost();
    await world.redis.flushdb();
    await world.migrateUp();
    await world.logins.create();
    return world;
  }

  async migrateUp(): Promise<void> {
    await withKnex(this.addresses.postgresOrder, (knex) => migrate(knex, 'order', 'up'));
    await withKnex(this.addresses.postgresCustomer, (knex) => migrate(knex, 'customer', 'up'));
  }

  /** The settings of a process, its login included. */
  environment(name: ServiceName): Record<string, string> {
    return { ...this.#environment[name], ...this.logins.environment(name) };
  }

  /** Starts one more process; without `env.PORT` on the port that its name has in this world. */
  spawn(name: ServiceName, env: Record<string, string> = {}, nodeOptions: readonly string[] = []): Service {
    const { PORT: port, ADMIN_PORT: adminPort } = { ...this.#environment[name], ...env };
    const { api, admin } = documentsOf[name];
    if (api && port) documentedBy(`http://127.0.0.1:${port}`, api);
    if (admin && adminPort) documentedBy(`http://127.0.0.1:${adminPort}`, admin);
    const service = startService({
      ...programs[name],
      nodeOptions: [...(programs[name].nodeOptions ?? []), ...nodeOptions],
      env: { ...this.environment(name), NODE_ENV: 'test', LOG_LEVEL: 'debug', LOG_FORMAT: 'json', ...env },
    });
    this.#services.add(service);
    return service;
  }

  async start(name: ServiceName, env: Record<string, string> = {}): Promise<Service> {
    const service = this.spawn(name, env);
    await service.ready();
    return service;
  }

  /** Runs one of our programs with the settings of the relay, or of another; it ends by itself. */
  run(
    script: string,
    parameters: readonly string[],
    {
      settingsOf = 'outboxRelay',
      env = {},
      nodeOptions = [],
    }: {
      settingsOf?: 'outboxRelay' | 'customerWorker' | 'auditor';
      env?: Record<string, string>;
      nodeOptions?: readonly string[];
    } = {},
  ): Service {
    const settings = settingsOf === 'auditor' ? this.#environment.auditor : this.environment(settingsOf);
    const { PORT: _, ...environment } = settings;
    const service = startService({
      name: script,
      script,
      arguments: parameters,
      nodeOptions,
      env: { ...environment, ...env },
    });
    this.#services.add(service);
    return service;
  }

  /** One more of a kind that runs already, on a port of its own. */
  async startAnother(name: ServiceName, env: Record<string, string> = {}): Promise<Service> {
    return this.start(name, { PORT: String(await freePort()), ...env });
  }

  async startAll(): Promise<Record<ServiceName, Service>> {
    const [customerWeb, orderService, customerWorker, outboxRelay] = await Promise.all([
      this.start('customerWeb'),
      this.start('orderService'),
      this.start('customerWorker'),
      this.start('outboxRelay'),
    ]);
    return { customerWeb, orderService, customerWorker, outboxRelay };
  }

  url(name: ServiceName, path: string): string {
    return `http://127.0.0.1:${this.#environment[name].PORT}${path}`;
  }

  putCustomer(
    id: number | string,
    customer = { name: `Customer ${id}`, address: 'Calle 123, Ciudad' },
  ): Promise<Answer> {
    return request(this.url('customerWeb', `/customers/${id}`), { method: 'PUT', json: { customer } });
  }

  customer(id: number | string): Promise<Answer> {
    return request(this.url('customerWeb', `/customers/${id}`));
  }

  /** Reads a customer until it is cached, for good: a process goes on without a Redis that takes too long once. */
  async cacheCustomer(id: number): Promise<void> {
    await eventually(async () => {
      expect(await this.rowsIn('pending_evictions'), 'evictions that are due').to.equal(0);
      expect((await this.customer(id)).status).to.equal(200);
      expect(await this.redis.exists(customerKey(String(id))), `customer ${id}, cached`).to.equal(1);
    });
  }

  placeOrder(order: Record<string, unknown>): Promise<Answer> {
    return request(this.url('orderService', '/orders'), {
      json: { order: { product_name: 'Laptop', quantity: 1, price: 999.99, ...order } },
    });
  }

  /** The count as Postgres has it, past the cache. */
  async countOf(id: number | string): Promise<number> {
    const { rows } = await this.customerDb.query<{ orders_count: string }>(
      'SELECT orders_count FROM customers WHERE id = $1',
      [id],
    );
    return Number(rows[0]?.orders_count);
  }

  async rowsIn(
    table: 'orders' | 'outbox' | 'outbox_published' | 'inbox' | 'pending_evictions',
  ): Promise<number> {
    const db = table === 'inbox' || table === 'pending_evictions' ? this.customerDb : this.orderDb;
    const { rows } = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return rows[0]!.count;
  }

  /** One sample of a process's `/metrics`. */
  async metric(service: Service, sample: string): Promise<number> {
    const { body } = await request(`${service.url}/metrics`);
    return sampleIn(body as string, sample) ?? 0;
  }

  get started(): readonly Service[] {
    return [...this.#services];
  }

  async destroy(): Promise<void> {
    living.delete(this);
    await Promise.all([...this.#services].map((service) => service.kill()));
    await Promise.all([this.orderDb.end(), this.customerDb.end()]);
    this.redis.disconnect();
    await this.rabbit.deleteVhost();
    await this.logins.drop();
    const { postgresOrder, postgresCustomer } = this.servers.addresses;
    await dropDatabase(postgresOrder, this.addresses.postgresOrder.database);
    await dropDatabase(postgresCustomer, this.addresses.postgresCustomer.database);
  }
}

export async function withKnex<T>(address: PostgresAddress, work: (knex: Knex) => Promise<T>): Promise<T> {
  const knex = knexFactory({ client: 'pg', connection: { ...address }, pool: { min: 0, max: 3 } });
  try {
    return await work(knex);
  } finally {
    await knex.destroy();
  }
}

function poolOf(address: PostgresAddress): pg.Pool {
  const pool = new pg.Pool({ ...address, max: 5, application_name: 'test' });
  // Tests stop servers under it.
  pool.on('error', () => {});
  return pool;
}

const createDatabase = (address: PostgresAddress, name: string) =>
  administer(address, `CREATE DATABASE ${name}`);
const dropDatabase = (address: PostgresAddress, name: string) =>
  administer(address, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
