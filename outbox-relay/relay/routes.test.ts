import { expect } from 'chai';
import { Routes } from './routes.ts';

const row = (position: string, routing_key = 'order.created') => ({
  position,
  exchange: 'events',
  routing_key,
});

describe('Routes', () => {
  let routes: Routes;
  beforeEach(() => {
    routes = new Routes();
  });

  it('raises one alarm for a route, however many messages come back', () => {
    expect(routes.returned(row('1'), 0)).to.equal(true);
    expect(routes.returned(row('2'), 1)).to.equal(false);
    expect(routes.returned(row('3', 'other'), 2)).to.equal(true);
  });

  it('tries a suspended route once a second, with the row that came back last, and lets all go when it led to a queue', () => {
    routes.returned(row('1'), 0);
    routes.returned(row('2'), 0);
    expect(routes.admits(row('2'), 999)).to.equal(false);
    expect(routes.admits(row('1'), 1_000)).to.equal(false);
    expect(routes.admits(row('2'), 1_000)).to.equal(true);
    expect(routes.admits(row('2'), 1_001)).to.equal(false);
    expect(routes.admits(row('3', 'other'), 1_001)).to.equal(true);
    expect(routes.ledToQueue(row('2'))).to.equal(true);
    expect(routes.ledToQueue(row('2'))).to.equal(false);
    expect(routes.admits(row('1'), 1_002)).to.equal(true);
  });

  it('forgets a route whose row did not come when it was its turn, so that another row tries it', () => {
    routes.returned(row('1'), 0);
    routes.forgetOverdue(999);
    expect(routes.admits(row('2'), 999)).to.equal(false);
    routes.forgetOverdue(1_000);
    expect(routes.admits(row('2'), 1_000)).to.equal(true);
  });

  it('tries no row of an exchange that is not there, and asks for it once a second', () => {
    routes.missing('events', 0);
    expect(routes.toAskFor(999)).to.deep.equal([]);
    expect(routes.admits(row('1'), 999)).to.equal(false);
    expect(routes.toAskFor(1_000)).to.deep.equal(['events']);
    expect(routes.toAskFor(1_001)).to.deep.equal([]);
    routes.found('events');
    expect(routes.toAskFor(9_000)).to.deep.equal([]);
    expect(routes.admits(row('1'), 9_000)).to.equal(true);
  });

  it('asks no more for an exchange for which there has been no row for a minute', () => {
    routes.missing('events', 0);
    expect(routes.admits(row('1'), 30_000)).to.equal(false);
    expect(routes.toAskFor(90_000)).to.deep.equal(['events']);
    expect(routes.toAskFor(90_001)).to.deep.equal([]);
    expect(routes.size).to.equal(0);
  });

  it('says what need not be read: all but the row whose turn it is', () => {
    routes.returned(row('1'), 0);
    routes.returned(row('2', 'other'), 500);
    routes.missing('later', 0);
    const { position: _, ...orders } = row('1');
    const { position: __, ...others } = row('2', 'other');
    expect(routes.heldBack(1_000)).to.deep.equal({
      routes: [{ exchange: 'later' }, orders, others],
      trials: ['1'],
    });
  });
});
