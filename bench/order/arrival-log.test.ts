import { expect } from 'chai';
import { ArrivalLog, longestWait } from './arrival-log.ts';

const message = (key: number, sequence: number, timestamp = new Date().toISOString()) =>
  Buffer.from(JSON.stringify({ id: `${key}-${sequence}`, timestamp, data: { key, sequence } }));

describe('ArrivalLog', () => {
  it('takes down each event once, with the time that it had waited', () => {
    const log = new ArrivalLog();
    log.take(message(1, 0, new Date(Date.now() - 5_000).toISOString()));
    log.take(message(1, 0));
    expect(log.firsts).to.have.length(1);
    expect(log.firsts[0]!.waited).to.be.within(5_000, 6_000);
    expect(log.order.duplicates).to.equal(1);
  });

  it('names the events that came after a later one of their key', () => {
    const log = new ArrivalLog();
    for (const [key, sequence] of [
      [1, 0],
      [1, 2],
      [2, 0],
      [1, 1],
    ] as const)
      log.take(message(key, sequence));
    expect(log.inverted.map(({ key, sequence }) => [key, sequence])).to.deep.equal([[1, 1]]);
  });
});

describe('longestWait', () => {
  const firsts = [
    { at: 100, waited: 90 },
    { at: 200, waited: 10 },
    { at: 300, waited: 30 },
    { at: 400, waited: 80 },
  ];

  it('looks at what arrived in that time and at nothing else', () => {
    expect(longestWait(firsts, 101, 400)).to.equal(30);
    expect(longestWait(firsts, 400, Infinity)).to.equal(80);
  });

  it('is nothing where nothing arrived', () => {
    expect(longestWait(firsts, 401, Infinity)).to.equal(0);
  });
});
