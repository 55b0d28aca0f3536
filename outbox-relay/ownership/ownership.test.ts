import type { Logger } from '@event-sync/platform/logger.ts';
import { partitionCount } from '@event-sync/outbox/migrations/0001-outbox.ts';
import { expect } from 'chai';
import type { Leases } from './leases.ts';
import { Ownership } from './ownership.ts';

const all = Array.from({ length: partitionCount }, (_, partition) => partition);
const theirs = partitionCount - 1;

/** Of a relay that has the leases of all partitions. */
function ownershipOfAll(leases: Partial<Leases>, onChange = () => {}): Ownership {
  return new Ownership({
    leases: {
      heartbeat: async () => 1,
      renew: async () => all,
      take: async () => [],
      release: async () => {},
      leave: async () => {},
      ...leases,
    },
    relayId: 'one',
    logger: { info: () => {}, warn: () => {} } as unknown as Logger,
    drain: async () => {},
    onChange,
    canPublish: () => true,
  });
}

describe('partitions that are given back to a second relay', () => {
  let release: PromiseWithResolvers<void>;
  let asked: PromiseWithResolvers<void>;
  let ownership: Ownership;

  beforeEach(async () => {
    release = Promise.withResolvers();
    asked = Promise.withResolvers();
    ownership = ownershipOfAll({
      heartbeat: async () => 2,
      release: () => {
        asked.resolve();
        return release.promise;
      },
    });
    await ownership.start();
    await asked.promise;
  });

  afterEach(async () => {
    release.promise.catch(() => {});
    release.resolve();
    await ownership.stop();
  });

  it('are not held any more once the database is asked, whatever a pass under way still brings', () => {
    expect(ownership.holds(0)).to.be.true;
    expect(ownership.holds(theirs)).to.be.false;
  });

  it('are not claimed when nobody knows whether the database has heard, until they are renewed', async () => {
    release.reject(new Error('Connection terminated unexpectedly'));
    await new Promise(setImmediate);
    expect(ownership.claimable).to.include(0).and.not.include(theirs);
    expect(ownership.holds(theirs)).to.be.false;
  });
});

describe('a lease', () => {
  const realNow = Date.now;
  afterEach(() => {
    Date.now = realNow;
  });

  it('is not trusted while the clock reads less than when it was renewed', async () => {
    const renewed = Promise.withResolvers<void>();
    const ownership = ownershipOfAll({}, renewed.resolve);
    try {
      await ownership.start();
      await renewed.promise;
      expect(ownership.holds(0)).to.equal(true);
      // Set back, it would not reach the end of the lease before that has long run out, on a machine that is suspended.
      Date.now = () => realNow() - 3_600_000;
      expect(ownership.holds(0)).to.equal(false);
    } finally {
      await ownership.stop();
    }
  });
});
