import { expect } from 'chai';
import { sharedServers } from '../../world/servers.ts';
import { plantedBugs, type PlantedBug } from './bugs.ts';
import { Scratch } from './scratch.ts';

/** What finds the bugs is a program as well, and may be wrong: here it has to find those that are known to be there. */
describe('the tests, tested: a bug that is planted', () => {
  let scratch: Scratch;
  before(async () => {
    scratch = await Scratch.create(sharedServers().addresses);
  });
  after(() => scratch.remove());

  const hunt = (by: PlantedBug['caughtBy']) =>
    by === 'simulation'
      ? scratch.run('simulation/main.ts', ['--minutes', '1', '--seed', '1'])
      : scratch.run('integration/run-tests.ts', [by.file, '--grep', by.title]);

  for (const { name, edits, caughtBy, says } of plantedBugs) {
    const catcher = caughtBy === 'simulation' ? 'the simulation' : caughtBy.file;
    it(`is caught by ${catcher}: ${name}`, async function () {
      this.timeout(320_000);
      await scratch.plant(edits);
      try {
        const { failed, output } = await hunt(caughtBy);
        expect(failed, `not caught:\n${output.slice(-2_000)}`).to.equal(true);
        expect(output).to.match(says);
      } finally {
        await scratch.takeOut(edits);
      }
    });
  }

  it('is seen nowhere where there is none: 20 runs of the simulation, and a test of the suite', async function () {
    this.timeout(320_000);
    // The other tests that catch a bug run in this suite, without it.
    const { failed, output } = await hunt({
      file: 'integration/cache.test.ts',
      title: 'refuses what a reader',
    });
    expect(failed, output.slice(-2_000)).to.equal(false);
    for (let seed = 1_000; seed <= 20_000; seed += 1_000) {
      const run = await scratch.run('simulation/main.ts', ['--minutes', '0.01', '--seed', String(seed)]);
      expect(run.failed, run.output.slice(-2_000)).to.equal(false);
    }
  });
});
