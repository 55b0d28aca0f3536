import { expect } from 'chai';
import type { OutboxRow } from '../outbox/row.ts';
import { Lanes } from './lanes.ts';

const row = (position: number, key: string, overrides: Partial<OutboxRow> = {}): OutboxRow => ({
  position: String(position),
  event_id: `event-${position}`,
  partition: 1,
  ordering_key: key,
  type: 't',
  exchange: 'e',
  routing_key: 'r',
  body: '{}',
  traceparent: null,
  created_at: 0,
  attempts: 0,
  wait_ms: 0,
  ...overrides,
});

describe('Lanes', () => {
  let lanes: Lanes;
  beforeEach(() => {
    lanes = new Lanes();
    lanes.beginPass(0);
  });
  const take = () => lanes.next()?.position;

  it('gives out one row of a key at a time, and rows of other keys beside it', () => {
    for (const each of [row(1, 'a'), row(2, 'a'), row(3, 'b')]) lanes.add(each, true);
    expect([take(), take(), take()]).to.deep.equal(['1', '3', undefined]);
    lanes.confirmed(row(1, 'a'));
    expect([take(), take()]).to.deep.equal(['2', undefined]);
  });

  it('keeps a row in hand until it is settled, also when the next pass finds it again', () => {
    const one = row(1, 'a');
    lanes.add(one, true);
    lanes.next();
    lanes.confirmed(one);
    lanes.beginPass(1);
    // Settled in the meantime, but the pass's snapshot is older.
    lanes.settled(['1']);
    lanes.add(one, true);
    expect(take()).to.equal(undefined);
    expect(lanes.size).to.equal(0);
  });

  it('gives up what waits behind a failed row, so that it cannot overtake', () => {
    const one = row(1, 'a');
    for (const each of [one, row(2, 'a'), row(3, 'b')]) lanes.add(each, true);
    lanes.next();
    lanes.failed(one, 100);
    lanes.add(row(4, 'a'), true);
    expect([take(), take()]).to.deep.equal(['3', undefined]);
    expect(lanes.size, 'only b is in hand').to.equal(1);
  });

  it('ends a hold only with a new pass, which finds the failed row first', () => {
    const one = row(1, 'a');
    lanes.add(one, true);
    lanes.next();
    lanes.failed(one, 100);
    lanes.beginPass(99);
    lanes.add(one, true);
    expect(take()).to.equal(undefined);
    lanes.beginPass(100);
    for (const each of [one, row(2, 'a')]) lanes.add(each, true);
    expect([take(), take()]).to.deep.equal(['1', undefined]);
  });

  it('keeps a refused row in hand, and its lane held, until that is written down', () => {
    const one = row(1, 'a');
    for (const each of [one, row(2, 'a')]) lanes.add(each, true);
    lanes.next();
    lanes.refused(one);
    expect(lanes.has(new Set([1]))).to.equal(true);
    lanes.beginPass(1_000_000);
    lanes.add(row(2, 'a'), true);
    expect(take()).to.equal(undefined);
    lanes.failed(one, 1_000_100);
    expect(lanes.size).to.equal(0);
    lanes.beginPass(1_000_100);
    lanes.add(one, true);
    expect(take()).to.equal('1');
  });

  it('leaves a row whose time has not come, and its successors, for another pass', () => {
    lanes.add(row(1, 'a', { wait_ms: 5 }), true);
    lanes.add(row(2, 'a'), true);
    lanes.add(row(3, 'b'), false);
    lanes.add(row(4, 'b'), true);
    expect(take()).to.equal(undefined);
    expect(lanes.size).to.equal(0);
  });

  it('counts what a pass reads in vain, and not what is in hand', () => {
    lanes.add(row(1, 'a'), true);
    lanes.beginPass(1);
    for (const each of [row(1, 'a'), row(2, 'b', { wait_ms: 5 }), row(3, 'b')]) lanes.add(each, true);
    lanes.add(row(4, 'c'), false);
    expect(lanes.readInVain).to.equal(3);
    lanes.beginPass(2);
    expect(lanes.readInVain).to.equal(0);
  });

  it('gives up the queued rows of a partition, and keeps what is in flight', () => {
    for (const each of [row(1, 'a'), row(2, 'a'), row(3, 'b', { partition: 2 })]) lanes.add(each, true);
    expect(take()).to.equal('1');
    lanes.giveUpQueued(new Set([1, 2]));
    expect(take()).to.equal(undefined);
    expect(lanes.has(new Set([1]))).to.equal(true);
    expect(lanes.has(new Set([2]))).to.equal(false);
    lanes.confirmed(row(1, 'a'));
    lanes.settled(['1']);
    expect(lanes.has(new Set([1]))).to.equal(false);
  });

  it('gives out one row of a key at a time, too, after it has given up rows that nobody had taken', () => {
    for (const each of [row(1, 'a'), row(2, 'a')]) lanes.add(each, true);
    lanes.giveUpQueued();
    lanes.beginPass(1);
    for (const each of [row(1, 'a'), row(2, 'a')]) lanes.add(each, true);
    expect([take(), take()]).to.deep.equal(['1', undefined]);
  });

  it('does not take up in the same pass what it has given up', () => {
    for (const each of [row(1, 'a'), row(2, 'a')]) lanes.add(each, true);
    lanes.giveUpQueued();
    lanes.add(row(3, 'a'), true);
    expect(take()).to.equal(undefined);
    lanes.beginPass(1);
    lanes.add(row(1, 'a'), true);
    expect(take()).to.equal('1');
  });
});
