import type { ServiceName } from '@event-sync/stack/services-environment.ts';
import amqp from 'amqplib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import pg from 'pg';
import { forbiddenSql } from './denials/postgres.ts';
import { forbiddenCalls } from './denials/rabbitmq.ts';
import { forbiddenCommands } from './denials/redis.ts';
import { administer } from './world/logins.ts';
import { World } from './world/world.ts';

const insufficientPrivilege = '42501';

describe('least privilege: what a process has no business with', () => {
  let world: World;
  before(async () => {
    world = await World.create({ restricted: true });
  });
  after(() => world.destroy());

  const addressOf = (name: ServiceName) =>
    name === 'orderService' || name === 'outboxRelay'
      ? world.addresses.postgresOrder
      : world.addresses.postgresCustomer;

  /** @returns the SQLSTATE, or `undefined` when it was done; it is taken back then. */
  async function sqlstateOf(address: pg.ClientConfig, statement: string): Promise<string | undefined> {
    const client = new pg.Client(address);
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(statement);
      return undefined;
    } catch (error) {
      return (error as pg.DatabaseError).code;
    } finally {
      await client.query('ROLLBACK');
      await client.end();
    }
  }

  for (const [name, statements] of Object.entries(forbiddenSql) as [ServiceName, string[]][]) {
    for (const statement of statements) {
      it(`is refused to ${name} by Postgres: ${statement}`, async () => {
        const { DATABASE_USER: user, DATABASE_PASSWORD: password } = world.environment(name);
        expect(await sqlstateOf({ ...addressOf(name), user, password }, statement)).to.equal(
          insufficientPrivilege,
        );
        // That nothing else is wrong with it is shown by who may do everything.
        expect(await sqlstateOf({ ...addressOf(name) }, statement)).to.not.equal(insufficientPrivilege);
      });
    }
  }

  for (const [name, calls] of Object.entries(forbiddenCalls) as [
    ServiceName,
    (typeof forbiddenCalls)[ServiceName] & {},
  ][]) {
    for (const [title, call] of Object.entries(calls)) {
      it(`is refused to ${name} by RabbitMQ: ${title}`, async () => {
        const connection = await amqp.connect(world.environment(name).RABBITMQ_URL!);
        connection.on('error', () => {});
        try {
          const channel = await connection.createConfirmChannel();
          const ended = new Promise<{ code?: number }>((resolve) => channel.on('error', resolve));
          const done = call(channel).then(() => ({ code: 200 }));
          // A refused call rejects, and the channel's error says with which code.
          const outcome = await Promise.race([ended, done.catch(() => ended)]);
          expect(outcome.code).to.equal(403);
        } finally {
          await connection.close().catch(() => {});
        }
      });
    }
  }

  for (const [name, commands] of Object.entries(forbiddenCommands) as [ServiceName, string[][]][]) {
    for (const [command, ...parameters] of commands) {
      it(`is refused to ${name} by Redis: ${[command, ...parameters].join(' ')}`, async () => {
        const redis = new Redis(world.environment(name).REDIS_URL!, { retryStrategy: () => null });
        redis.on('error', () => {});
        try {
          const outcome = await redis.call(command!, ...parameters).then(
            () => 'done',
            (error: Error) => error.message,
          );
          // What a script does is refused in other words, and by Redis 7.0 in others again.
          expect(outcome).to.match(
            /^NOPERM |^ERR (ACL failure in script: |The user executing the script can't )/,
          );
        } finally {
          redis.disconnect();
        }
      });
    }
  }

  it('is not to be had through the functions that run as the owner: no day that is not over, none that is far', async () => {
    const { DATABASE_USER: user, DATABASE_PASSWORD: password } = world.environment('outboxRelay');
    const address = { ...world.addresses.postgresOrder, user, password };
    const invalidParameter = '22023';
    for (const call of [
      "outbox_drop_published_day((clock_timestamp() AT TIME ZONE 'UTC')::date)",
      'outbox_drop_published_day(NULL)',
      "outbox_drop_published_day('infinity')",
      'outbox_create_published_day(4)',
      'outbox_create_published_day(-1)',
    ])
      expect(await sqlstateOf(address, `SELECT ${call}`), call).to.equal(invalidParameter);
    // A table of the caller's own at the front of its path is not the one that gets a partition (it would divide by 0).
    expect(
      await sqlstateOf(
        address,
        `CREATE TEMP TABLE outbox_published (published_at timestamptz) PARTITION BY RANGE (published_at);
         SET search_path = pg_temp, public;
         SELECT outbox_create_published_day(3);
         SELECT 1 / CASE count(*) WHEN 0 THEN 1 ELSE 0 END FROM pg_inherits
         WHERE inhparent = 'pg_temp.outbox_published'::regclass`,
      ),
    ).to.equal(undefined);
  });

  it('is not in the reach of the roles that were made for others on the same server', async () => {
    const { DATABASE_USER: user, DATABASE_PASSWORD: password } = world.environment('orderService');
    await administer(world.addresses.postgresOrder, 'CREATE ROLE stranger_of_this_test');
    try {
      const address = { ...world.addresses.postgresOrder, user, password };
      expect(await sqlstateOf(address, 'SET ROLE stranger_of_this_test')).to.equal(insufficientPrivilege);
    } finally {
      await administer(world.addresses.postgresOrder, 'DROP ROLE stranger_of_this_test');
    }
  });
});
