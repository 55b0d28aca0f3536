import { expect } from 'chai';
import { chaos } from './chaos.ts';
import { faultKinds } from './kinds.ts';

describe('chaos', () => {
  it('loses, doubles and forgets nothing, whatever fails: every kind of fault once, under 20 orders a second', async function () {
    this.timeout(600_000);
    const report = await chaos({ minutes: 0, rate: 20, seed: 7 });
    expect(report.void, 'what never happened').to.deep.equal([]);
    const kinds = Object.keys(faultKinds).length;
    expect(report.faults).to.have.length.within(kinds, 3 * kinds);
    expect(
      report.verdict.unknown,
      'orders without an answer, though they were sent until there was one',
    ).to.equal(0);
    for (const status of report.statuses.keys()) expect(status).not.to.match(/500|502|504/);
  });
});
