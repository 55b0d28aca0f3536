import { customerKey } from '@event-sync/contracts/customer.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { redisBreaker } from '@event-sync/platform/redis.ts';
import { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { expect } from 'chai';
import { World } from './world/world.ts';

describe('the cache of customers', () => {
  let world: World;
  before(async () => {
    world = await World.create();
    await world.start('customerWeb');
  });
  after(() => world.destroy());

  it('refuses what a reader has read before a change and puts there after it', async () => {
    const named = (name: string) => world.putCustomer(1, { name, address: 'Calle 123, Ciudad' });
    const versionOf = (etag: string | null) => etag!.replaceAll('"', '');
    // A reader as in the services, at the same key, who is overtaken between its read and its fill.
    const breaker = redisBreaker({
      logger: createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
      metrics: createMetrics({ service: 'test' }),
    });
    const reader = new VersionedCache({ redis: world.redis, breaker }, { key: customerKey, ttlSeconds: 60 });
    await named('Old name');
    const { body: old, headers } = await world.customer(1);
    await named('New name');
    expect(await reader.fill('1', old, versionOf(headers.get('etag')))).to.equal('stale');
    expect(await world.redis.exists(customerKey('1'))).to.equal(0);
    // An eviction that comes late, of the change before, lets nothing old in either.
    await reader.evict([{ id: '1', version: versionOf(headers.get('etag')) }]);
    expect(await reader.fill('1', old, versionOf(headers.get('etag')))).to.equal('stale');
    const { body: now, headers: newer } = await world.customer(1);
    expect(now.name).to.equal('New name');
    expect(await reader.fill('1', now, versionOf(newer.get('etag')))).to.equal('filled');
  });
});
