import { expect } from 'chai';
import { Tally } from './tally.ts';

describe('The tally of events that were not applied', () => {
  it('adds up by customer, however many there are', () => {
    const tally = new Tally();
    for (let round = 0; round < 2; round++)
      for (let id = 1; id <= 10_000; id++) tally.add(String(id), { events: 1, missing: id % 2 });
    expect(tally.size).to.equal(10_000);
    for (const id of [1, 2, 9_999, 10_000])
      expect(tally.get(String(id)), String(id)).to.deep.equal({ events: 2, missing: (id % 2) * 2 });
    expect(tally.get('10001')).to.deep.equal({ events: 0, missing: 0 });
  });

  it('tells ids apart that a number of JavaScript does not', () => {
    const tally = new Tally();
    tally.add('9223372036854775807', { events: 1 });
    expect(tally.get('9223372036854775806').events).to.equal(0);
    expect(tally.get('9223372036854775807').events).to.equal(1);
  });
});
