import { expect } from 'chai';
import { told } from './report.ts';
import { newTally, search } from './schedules.ts';

/** A second or two for each commit. `npm run simulate` plays 10,000 and more a minute. */
const runs = 200;

describe('the relay and the consumer on simulated servers', function () {
  // Two seconds of work, on a machine that may have much else to do.
  this.timeout(60_000);

  it('keep every promise, whatever happens to them', async () => {
    const tally = newTally();
    const counterexample = await search({ seed: 7, runs }, tally);
    expect(counterexample && told(counterexample)).to.be.undefined;
    expect(tally.schedules).to.equal(runs);
  });

  it('do the same again when they are played with the same seed', async () => {
    const one = newTally();
    const other = newTally();
    await search({ seed: 11, runs: 20 }, one);
    await search({ seed: 11, runs: 20 }, other);
    expect(other).to.deep.equal(one);
  });
});
