import { createLogger } from '@event-sync/platform/logger.ts';
import { expect } from 'chai';
import type { Knex } from 'knex';
import { AppliedEvents } from './applied-events.ts';

describe('AppliedEvents', () => {
  it('says of whom it lets go at once that they have not waited', async () => {
    const never = new Promise<never>(() => {});
    const appliedEvents = new AppliedEvents({
      knex: { raw: () => never } as unknown as Knex,
      logger: createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
    });
    const { signal } = new AbortController();
    const waiting = Array.from({ length: 1_000 }, (_, n) => appliedEvents.wait(`event ${n}`, 60_000, signal));
    expect(await appliedEvents.wait('one more', 60_000, signal)).to.equal(false);
    await appliedEvents.stop();
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set([true]));
    expect(await appliedEvents.wait('another', 60_000, signal)).to.equal(false);
  });
});
