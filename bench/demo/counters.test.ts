import { expect } from 'chai';
import { growth } from './counters.ts';

const process = (startedAt: number, count: number) =>
  new Map([
    ['process_start_time_seconds', startedAt],
    ['events_total', count],
  ]);

describe('the growth of a counter', () => {
  it('is that of all processes together', () => {
    const before = new Map([
      ['a', process(1, 10)],
      ['b', process(1, 20)],
    ]);
    const after = new Map([
      ['a', process(1, 15)],
      ['b', process(1, 21)],
    ]);
    expect(growth(before, after, 'events_total')).to.equal('6');
  });

  it('is never negative: a process that was restarted counts from zero', () => {
    const before = new Map([['a', process(1, 10)]]);
    const after = new Map([['a', process(2, 4)]]);
    expect(growth(before, after, 'events_total')).to.equal('4 since it was restarted');
  });

  it('is not known when nobody answers', () => {
    expect(growth(new Map(), new Map(), 'events_total')).to.contain('not known');
  });
});
