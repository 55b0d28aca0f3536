import { expect } from 'chai';
import { RecentlySeen } from './recently-seen.ts';

describe('customers that were seen recently', () => {
  const clock = performance.now.bind(performance);
  let now = 0;
  beforeEach(() => {
    now = 1_000;
    performance.now = () => now;
  });
  afterEach(() => {
    performance.now = clock;
  });

  it('are known for two seconds after they were seen last', () => {
    const seen = new RecentlySeen();
    expect(seen.has('1')).to.equal(false);
    seen.add('1');
    now += 1_999;
    expect(seen.has('1')).to.equal(true);
    seen.add('1');
    now += 1_999;
    expect(seen.has('1')).to.equal(true);
    now += 1;
    expect(seen.has('1')).to.equal(false);
  });

  it('are ten thousand at the most: who was seen longest ago is forgotten', () => {
    const seen = new RecentlySeen();
    for (let id = 0; id < 10_000; id++) seen.add(String(id));
    seen.add('0');
    seen.add('one more');
    expect(['0', '1', '2', 'one more'].map((id) => seen.has(id))).to.deep.equal([true, false, true, true]);
  });
});
