import { expect } from 'chai';
import { Batcher } from './batcher.ts';

describe('Batcher', () => {
  /** A batch at work ends when the test says so. */
  function scene(maxItems: number, waitMs: number) {
    const batches: number[][] = [];
    const ends: (() => void)[] = [];
    let arrived = Promise.withResolvers<void>();
    const batcher = new Batcher<number>(
      (items) => {
        batches.push(items);
        arrived.resolve();
        arrived = Promise.withResolvers<void>();
        return new Promise((resolve) => ends.push(resolve));
      },
      { maxItems, waitMs },
    );
    return { batches, batcher, end: () => ends.shift()!(), next: () => arrived.promise };
  }

  it('lets a full batch go at once', () => {
    const { batcher, batches } = scene(2, 60_000);
    batcher.add(1);
    expect(batches).to.deep.equal([]);
    batcher.add(2);
    expect(batches).to.deep.equal([[1, 2]]);
  });

  it('lets a batch that does not fill go after its time', async () => {
    const { batcher, batches, next } = scene(10, 1);
    const arrived = next();
    batcher.add(1);
    await arrived;
    expect(batches).to.deep.equal([[1]]);
  });

  it('works on one batch at a time, and takes what came meanwhile together, up to its limit', async () => {
    const { batcher, batches, end, next } = scene(3, 60_000);
    for (const item of [1, 2, 3, 4, 5, 6, 7]) batcher.add(item);
    expect(batches).to.deep.equal([[1, 2, 3]]);
    let arrived = next();
    end();
    await arrived;
    arrived = next();
    end();
    await arrived;
    expect(batches).to.deep.equal([[1, 2, 3], [4, 5, 6], [7]]);
  });

  it('drains what is there without waiting for more', async () => {
    const { batcher, batches, end, next } = scene(10, 60_000);
    batcher.add(1);
    const arrived = next();
    const drained = batcher.drain();
    await arrived;
    end();
    await drained;
    expect(batches).to.deep.equal([[1]]);
  });

  /** A batch at work, and so many waiting: a load. */
  async function underLoad(maxItems: number) {
    const all = scene(maxItems, 1);
    const arrived = all.next();
    all.batcher.add(0);
    await arrived;
    for (let item = 1; item <= 40; item++) all.batcher.add(item);
    return all;
  }

  it('lets more join what came while it worked under load, for a short while', async () => {
    const { batcher, batches, end, next } = await underLoad(1_000);
    const arrived = next();
    end();
    await new Promise(setImmediate);
    expect(batches).to.have.length(1);
    batcher.add(41);
    await arrived;
    expect(batches.map(({ length }) => length)).to.deep.equal([1, 41]);
  });

  it('does not wait any longer when the batch is full', async () => {
    const { batcher, batches, end } = await underLoad(42);
    end();
    await new Promise(setImmediate);
    batcher.add(41);
    expect(batches).to.have.length(1);
    batcher.add(42);
    expect(batches.map(({ length }) => length)).to.deep.equal([1, 42]);
  });

  it('drains what waits for others to join it', async () => {
    const { batcher, batches, end, next } = await underLoad(1_000);
    end();
    await new Promise(setImmediate);
    const arrived = next();
    const drained = batcher.drain();
    await arrived;
    end();
    await drained;
    expect(batches.map(({ length }) => length)).to.deep.equal([1, 40]);
  });
});
