import { expect } from 'chai';
import { Routes } from './routes.ts';

const orders = { exchange: 'events', routing_key: 'order.created' };
const others = { exchange: 'events', routing_key: 'other' };

describe('Routes', () => {
  it('raises one alarm for a route, however many messages come back', () => {
    const routes = new Routes();
    expect(routes.returned(orders, 0)).to.equal(true);
    expect(routes.returned(orders, 1)).to.equal(false);
    expect(routes.returned(others, 2)).to.equal(true);
  });

  it('lets one row a second try a suspended route, and all of them once it was confirmed', () => {
    const routes = new Routes();
    routes.returned(orders, 0);
    expect(routes.admits(orders, 999)).to.equal(false);
    expect(routes.admits(orders, 1_000)).to.equal(true);
    expect(routes.admits(orders, 1_001)).to.equal(false);
    expect(routes.admits(others, 1_001)).to.equal(true);
    expect(routes.confirmed(orders)).to.equal(true);
    expect(routes.confirmed(orders)).to.equal(false);
    expect(routes.admits(orders, 1_002)).to.equal(true);
  });
});
