import { expect } from 'chai';
import { faultPlan, planned, stretch } from './faults.ts';

describe('the plan of faults', () => {
  it('has ten cuts and five kills', () => {
    expect([planned('cut'), planned('kill')]).to.deep.equal([10, 5]);
  });

  it('spreads them evenly over the run', () => {
    const at = faultPlan.map((_, number) => stretch(number, 16_000).arrivals);
    expect(at).to.deep.equal(faultPlan.map((_, number) => 1_000 * (number + 1)));
  });

  it('lets more be written than has to arrive before a fault, and never more than there is to write', () => {
    for (const messages of [2_000, 10_001, 100_000]) {
      for (const [number] of faultPlan.entries()) {
        const { arrivals, written } = stretch(number, messages);
        expect(written).to.be.above(arrivals).and.at.most(messages);
      }
    }
  });
});
