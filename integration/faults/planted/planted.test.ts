import { expect } from 'chai';
import { sharedServers } from '../../world/servers.ts';
import { plantedBugs, type Catcher } from './bugs.ts';
import { Scratch } from './scratch.ts';

/** What finds the bugs is a program as well, and may be wrong: here it has to find those that are known to be there. */
describe('the tests, tested: a bug that is planted', () => {
  let scratch: Scratch;
  before(async () => {
    scratch = await Scratch.create(sharedServers().addresses);
  });
  after(() => scratch.remove());

  const hunt = (catcher: Catcher) => {
    // With one thread it is always the same schedule that is found first.
    if (catcher === 'simulation')
      return scratch.run('simulation/main.ts', ['--minutes', '2', '--seed', '1', '--threads', '1']);
    if ('step' in catcher)
      return scratch.run('integration/faults/crash-sweep.main.ts', ['--seeds', '1', '--only', catcher.step]);
    return scratch.run('integration/run-tests.ts', [catcher.file, '--grep', catcher.title]);
  };
  const named = (catcher: Catcher) => {
    if (catcher === 'simulation') return 'the simulation';
    return 'step' in catcher ? `a crash of ${catcher.step}` : catcher.file;
  };

  for (const { name, edits, caughtBy } of plantedBugs) {
    for (const { catcher, says } of caughtBy) {
      it(`is caught by ${named(catcher)}: ${name}`, async function () {
        this.timeout(320_000);
        await scratch.plant(edits);
        try {
          const { failed, output } = await hunt(catcher);
          if (!failed || !says.test(output))
            throw new Error(
              `${failed ? 'caught, but not' : 'not caught'} for ${String(says)}\n${output.slice(-3_000)}`,
            );
        } finally {
          await scratch.takeOut(edits);
        }
      });
    }
  }

  for (const catcher of plantedBugs.flatMap(({ caughtBy }) => caughtBy.map(({ catcher }) => catcher))) {
    if (catcher === 'simulation') continue;
    it(`is seen nowhere where there is none: ${named(catcher)}`, async function () {
      this.timeout(320_000);
      const { failed, output } = await hunt(catcher);
      expect(failed, output.slice(-2_000)).to.equal(false);
    });
  }

  it('is seen nowhere where there is none: 20 runs of the simulation', async function () {
    this.timeout(600_000);
    for (let seed = 1_000; seed <= 20_000; seed += 1_000) {
      const run = await scratch.run('simulation/main.ts', ['--minutes', '0.01', '--seed', String(seed)]);
      expect(run.failed, run.output.slice(-2_000)).to.equal(false);
    }
  });
});
