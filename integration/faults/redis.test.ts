import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { UnderLoad } from './under-load.ts';

describe('Redis, when it does not do its part', () => {
  let loaded: UnderLoad;
  before(async () => {
    loaded = await UnderLoad.start('redis');
  });
  after(() => loaded.world.destroy());

  /** `CLIENT PAUSE` holds every command of everybody. @returns for how long it held one of ours, in milliseconds */
  const pause = async (ms: number): Promise<number> => {
    const from = performance.now();
    await loaded.world.redis.client('PAUSE', ms, 'ALL');
    await loaded.world.redis.ping();
    return performance.now() - from;
  };

  it('paused by CLIENT PAUSE: orders and counts go on, and what could not be evicted is evicted afterwards', async () => {
    const { world } = loaded;
    await loaded.suffer(async () => {
      let over = false;
      const paused = pause(20_000).finally(() => (over = true));
      await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.be.greaterThan(0));
      const counted = await world.rowsIn('inbox');
      await loaded.ordersAreAccepted();
      await eventually(async () => expect(await world.rowsIn('inbox')).to.be.greaterThan(counted));
      expect(over, 'the pause was over before').to.equal(false);
      await paused;
    });
  });

  it('slow, twenty times in a row: it is waited for or passed by, and nothing old is left in it', async () => {
    await loaded.suffer(async () => {
      for (let times = 0; times < 20; times++) {
        // Below what a process waits for it, every third time above.
        const ms = times % 3 === 2 ? 700 : 150;
        expect(await pause(ms), 'milliseconds').to.be.at.least(ms - 50);
      }
    });
  });

  it('restarted empty: it is filled again with what is true', async () => {
    const { world } = loaded;
    const cached = async () => (await world.redis.keys('customer:*')).length;
    await loaded.suffer(async () => {
      await eventually(async () => expect(await cached()).to.be.greaterThan(0));
      await world.servers.control.redis.stop();
      await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.be.greaterThan(0));
      await world.servers.control.redis.start();
      const uptime = /uptime_in_seconds:(\d+)/.exec(await world.redis.info('server'))?.[1];
      expect(Number(uptime), 'seconds').to.be.lessThan(20);
      await eventually(async () => expect(await cached()).to.be.greaterThan(0));
    });
  });
});
