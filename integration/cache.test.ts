import { customerKey } from '@event-sync/contracts/customer.ts';
import { replaceCustomer } from '@event-sync/customer-service/customers/change-customer.ts';
import { createCustomerCache } from '@event-sync/customer-service/customers/customer-cache.ts';
import { sweepPendingEvictions } from '@event-sync/customer-service/customers/pending-evictions.ts';
import { showCustomer } from '@event-sync/customer-service/customers/show-customer.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { redisBreaker } from '@event-sync/platform/redis.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { withKnex, World } from './world/world.ts';

describe('the cache of customers', () => {
  let world: World;
  let cache: VersionedCache;
  const logger = createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
  beforeEach(async () => {
    world = await World.create();
    const breaker = redisBreaker({ logger, metrics: createMetrics({ service: 'test' }) });
    cache = createCustomerCache({ redis: world.redis, breaker });
  });
  afterEach(() => world.destroy());

  it('refuses what a reader has read before a change and puts there after it', async () => {
    await world.start('customerWeb');
    const named = (name: string) => world.putCustomer(1, { name, address: 'Calle 123, Ciudad' });
    const versionOf = (etag: string | null) => etag!.replaceAll('"', '');
    // A reader as in the services, at the same key, who is overtaken between its read and its fill.
    await named('Old name');
    const { body: old, headers } = await world.customer(1);
    await named('New name');
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
    expect(await cache.fill('1', old, versionOf(headers.get('etag')))).to.equal('stale');
    expect(await world.redis.exists(customerKey('1'))).to.equal(0);
    // An eviction that comes late, of the change before, lets nothing old in either.
    await cache.evict([{ id: '1', version: versionOf(headers.get('etag')) }]);
    expect(await cache.fill('1', old, versionOf(headers.get('etag')))).to.equal('stale');
    const { body: now, headers: newer } = await world.customer(1);
    expect(now.name).to.equal('New name');
    expect(await cache.fill('1', now, versionOf(newer.get('etag')))).to.equal('filled');
  });

  it('holds nothing old after 10,000 readers were overtaken by a change between their read and their fill', async function () {
    this.timeout(300_000);
    const [customers, roundsEach] = [50, 200];
    await withKnex(world.addresses.postgresCustomer, async (knex) => {
      let [overtaken, old] = [0, 0];
      const race = async (id: string) => {
        const change = async (name: string) => {
          const details = { name, address: 'Calle 123, Ciudad' };
          const outcome = await replaceCustomer({ knex, cache, log: logger }, id, details);
          if (outcome.kind === 'condition-failed') throw new Error('there was no condition');
          return outcome.row;
        };
        await change('Round 0');
        for (let round = 1; round <= roundsEach; round++) {
          const hasRead = Promise.withResolvers<void>();
          const changed = Promise.withResolvers<void>();
          const held = {
            get: (key: string) => cache.get(key),
            fill: async (...what: Parameters<VersionedCache['fill']>) => {
              hasRead.resolve();
              await changed.promise;
              return cache.fill(...what);
            },
          };
          const reading = showCustomer({ knex, cache: held, log: logger }, id);
          // Or at once, from the cache: then something old is in it.
          await Promise.race([hasRead.promise, reading]);
          const changedTo = await change(`Round ${round}`);
          changed.resolve();
          expect((await reading)!.version).to.equal(String(BigInt(changedTo.version) - 1n));
          overtaken++;
          if ((await cache.get(id)) !== undefined) old++;
        }
      };
      await Promise.all(Array.from({ length: customers }, (_, i) => race(String(i + 1))));
      expect(overtaken).to.equal(10_000);
      expect(old).to.equal(0);
    });
  });

  it('is not older than the database five seconds after a minute without Redis, under load', async () => {
    await world.startAll();
    const customers = [1, 2, 3, 4, 5];
    for (const id of customers) await world.putCustomer(id);
    for (const id of customers) await world.customer(id);
    // Frozen and not stopped: it keeps what it has, which is what must not be served afterwards.
    await world.servers.control.redis.pause();
    const until = performance.now() + 60_000;
    let placed = 0;
    try {
      for (let round = 1; performance.now() < until; round++) {
        const answers = await Promise.all([
          ...customers.map((id) => world.placeOrder({ customer_id: id })),
          world.putCustomer(round % 5 || 5, { name: `Round ${round}`, address: 'Calle 123, Ciudad' }),
        ]);
        expect(answers.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201, 201, 200]);
        placed += customers.length;
      }
      await eventually(async () => expect(await world.rowsIn('inbox'), 'counting goes on').to.equal(placed));
    } finally {
      await world.servers.control.redis.resume();
    }
    await eventually(
      async () => {
        for (const id of customers) {
          const { rows } = await world.customerDb.query('SELECT version FROM customers WHERE id = $1', [id]);
          const cached = await cache.get(String(id));
          expect(cached?.version ?? rows[0].version, `customer ${id}`).to.equal(rows[0].version);
        }
      },
      { withinMs: 5_000 },
    );
    expect(placed).to.be.greaterThan(500);
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  });

  it('evicts from a Redis that has no room for anything more', async () => {
    const [cached, other] = [customerKey('1'), customerKey('2')];
    expect(await cache.fill('1', { name: 'Old name' }, '1')).to.equal('filled');
    const before = (await world.redis.config('GET', 'maxmemory')) as [string, string];
    const policy = (await world.redis.config('GET', 'maxmemory-policy')) as [string, string];
    await world.redis.config('SET', 'maxmemory-policy', 'noeviction');
    await world.redis.config('SET', 'maxmemory', '1');
    try {
      const refusal = await world.redis.set(other, 'x').catch((error: Error) => error.message);
      expect(refusal).to.match(/^OOM/);
      await cache.evict([{ id: '1', version: '2' }]);
    } finally {
      await world.redis.config('SET', ...before);
      await world.redis.config('SET', ...policy);
    }
    expect(await world.redis.exists(cached)).to.equal(0);
    expect(await cache.fill('1', { name: 'Old name' }, '1')).to.equal('stale');
  });

  it('sweeps all the evictions that are due at once, however many', async () => {
    const due = 1_234;
    await world.customerDb.query(
      `WITH created AS (
         INSERT INTO customers (id, name, address) SELECT id, 'Name', 'Calle 123, Ciudad' FROM generate_series(1, $1::int) AS id
         RETURNING id, version
       ) INSERT INTO pending_evictions (customer_id, version) SELECT id, version FROM created`,
      [due],
    );
    const swept = await withKnex(world.addresses.postgresCustomer, (knex) =>
      sweepPendingEvictions(knex, cache),
    );
    expect(swept).to.equal(due);
    expect(await world.rowsIn('pending_evictions')).to.equal(0);
  });

  for (const survivor of ['customerWorker', 'customerWeb'] as const)
    it(`loses no eviction of a PUT whose process is killed between the commit and the eviction: ${survivor} settles it`, async () => {
      const web = await world.start('customerWeb');
      await world.putCustomer(1, { name: 'Old name', address: 'Calle 123, Ciudad' });
      await world.cacheCustomer(1);
      const old = await world.redis.get(customerKey('1'));
      await world.servers.control.redis.pause();
      try {
        void world.putCustomer(1, { name: 'New name', address: 'Calle 123, Ciudad' }).catch(() => {});
        await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(1));
        await web.kill();
      } finally {
        await world.servers.control.redis.resume();
      }
      // Redis found the eviction in its socket when it woke up: put the old value back, as if the crash had come first.
      await world.redis.set(customerKey('1'), old!);
      await world.start(survivor);
      await eventually(async () => expect(await world.redis.exists(customerKey('1'))).to.equal(0));
      await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
    });
});
