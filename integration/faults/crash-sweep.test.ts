import { expect } from 'chai';
import { World } from '../world/world.ts';
import { crashPoints, crashesTogether } from './crash-points.ts';
import { CrashSweep } from './crash-sweep.ts';
import { probesInTheCode } from './probes-in-the-code.ts';

describe('a crash at each step of the pipeline', () => {
  let sweep: CrashSweep | undefined;
  let world: World | undefined;
  const end = async () => {
    await world?.destroy();
    world = sweep = undefined;
  };
  afterEach(async function () {
    // What a failure has left would be found again by all that come after it.
    if (this.currentTest?.isFailed()) await end();
  });
  after(end);

  for (const points of crashesTogether()) {
    const title = points.map(({ process, name }) => `${process} at ${name}`).join(', ');
    it(`loses, doubles and forgets nothing: ${title}`, async () => {
      world ??= await World.create();
      if (!sweep) await (sweep = new CrashSweep(world, { waitForLeases: false })).start();
      const { verdict } = await sweep.crash(points, 1);
      expect(verdict.accepted, 'orders that were accepted under it').to.be.greaterThan(0);
    });
  }

  it('is tried at every probe in the code', async () => {
    const tried = new Set(crashPoints.map(({ name }) => name));
    expect([...tried].sort()).to.deep.equal(await probesInTheCode());
  });
});
