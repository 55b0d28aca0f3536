import { redisRules, type Definitions } from '../../deploy/secrets/render.ts';
import { checkout } from '@event-sync/stack/folders.ts';
import type { ServiceName } from '@event-sync/stack/services-environment.ts';
import type { PostgresAddress, ServerAddresses } from '@event-sync/stack/servers.ts';
import { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Rabbit } from './rabbit.ts';

/** The role of each process in Postgres, and its users in RabbitMQ and Redis as the files under deploy/ call them. */
const logins: Record<ServiceName, { role: string; rabbitmq?: string; redis?: string }> = {
  orderService: { role: 'event_sync_order_api', redis: 'order_service' },
  outboxRelay: { role: 'event_sync_relay', rabbitmq: 'outbox_relay' },
  customerWeb: { role: 'event_sync_customer_web', redis: 'customer_web' },
  customerWorker: {
    role: 'event_sync_customer_worker',
    rabbitmq: 'customer_worker',
    redis: 'customer_worker',
  },
};
const names = Object.keys(logins) as ServiceName[];
const fileOf = (path: string) => readFileSync(join(checkout, 'deploy', path), 'utf8');

/**
 * Users of a world's own, with the rights that the processes have in production: in Postgres always; in RabbitMQ and
 * Redis on demand, since tests delete queues, which such a worker cannot declare again, and restart a Redis that keeps
 * no users.
 */
export class Logins {
  readonly #world: string;
  readonly #addresses: ServerAddresses;
  readonly #rabbit: Rabbit;
  readonly #everywhere: boolean;
  readonly #password = randomBytes(12).toString('hex');

  constructor(options: { world: string; addresses: ServerAddresses; rabbit: Rabbit; everywhere: boolean }) {
    this.#world = options.world;
    this.#addresses = options.addresses;
    this.#rabbit = options.rabbit;
    this.#everywhere = options.everywhere;
  }

  /** After the migrations, which make the roles. */
  async create(): Promise<void> {
    for (const name of names) {
      await this.#onPostgres(
        name,
        `CREATE ROLE ${this.#user(name)} LOGIN PASSWORD '${this.#password}' IN ROLE ${logins[name].role}`,
      );
    }
    if (!this.#everywhere) return;
    await this.#createInRabbitmq();
    await this.#onRedis(async (redis) => {
      const rules = redisRules(fileOf('redis/users.acl'));
      for (const name of names) {
        const { redis: user } = logins[name];
        if (user) await redis.acl('SETUSER', this.#user(name), ...rules.get(user)!, `>${this.#password}`);
      }
    });
  }

  async drop(): Promise<void> {
    for (const name of names) await this.#onPostgres(name, `DROP ROLE IF EXISTS ${this.#user(name)}`);
    if (!this.#everywhere) return;
    for (const name of names) await this.#rabbit.management('DELETE', `/api/users/${this.#user(name)}`);
    await this.#onRedis(async (redis) => {
      await redis.acl('DELUSER', ...names.map((name) => this.#user(name)));
    });
  }

  /** What a process has to log in with, in place of what the administrator has. */
  environment(name: ServiceName): Record<string, string> {
    const { rabbitmq, redis } = logins[name];
    const login = { DATABASE_USER: this.#user(name), DATABASE_PASSWORD: this.#password };
    if (!this.#everywhere) return login;
    return {
      ...login,
      ...(redis && { REDIS_URL: this.#withLogin(name, this.#addresses.redisUrl) }),
      ...(rabbitmq && {
        RABBITMQ_URL: this.#withLogin(name, this.#addresses.rabbitmqUrl),
        RABBITMQ_TOPOLOGY: 'check',
      }),
    };
  }

  /** Exchanges, queues and bindings of the definitions file, in the world's virtual host. */
  async importTopology(): Promise<Definitions['permissions']> {
    const {
      permissions,
      users: _,
      vhosts: __,
      ...topology
    } = JSON.parse(
      fileOf('rabbitmq/definitions.json').replaceAll('"vhost": "/"', `"vhost": "${this.#world}"`),
    ) as Definitions;
    await this.#rabbit.management('POST', `/api/definitions/${this.#world}`, topology);
    return permissions;
  }

  async #createInRabbitmq(): Promise<void> {
    const permissions = await this.importTopology();
    for (const name of names) {
      const permission = permissions.find(({ user }) => user === logins[name].rabbitmq);
      if (!permission) continue;
      const { configure, write, read } = permission;
      await this.#rabbit.management('PUT', `/api/users/${this.#user(name)}`, {
        password: this.#password,
        tags: '',
      });
      const path = `/api/permissions/${this.#world}/${this.#user(name)}`;
      await this.#rabbit.management('PUT', path, { configure, write, read });
    }
  }

  #user(name: ServiceName): string {
    return `${this.#world}_${name.toLowerCase()}`;
  }

  #withLogin(name: ServiceName, address: string): string {
    const url = new URL(address);
    url.username = this.#user(name);
    url.password = this.#password;
    return url.href;
  }

  async #onPostgres(name: ServiceName, statement: string): Promise<void> {
    const { postgresOrder, postgresCustomer } = this.#addresses;
    const atOrders = name === 'orderService' || name === 'outboxRelay';
    await administer(atOrders ? postgresOrder : postgresCustomer, statement);
  }

  async #onRedis(work: (redis: Redis) => Promise<void>): Promise<void> {
    const redis = new Redis(this.#addresses.redisUrl);
    try {
      await work(redis);
    } finally {
      redis.disconnect();
    }
  }
}

/** One statement, on a connection of its own. */
export async function administer(address: PostgresAddress, statement: string): Promise<void> {
  const client = new pg.Client({ ...address });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
