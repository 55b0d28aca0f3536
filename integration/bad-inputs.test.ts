import { problem } from '@event-sync/contracts/problems.ts';
import { expect } from 'chai';
import { badInputs } from './bad-inputs/list.ts';
import { sendBadInput } from './bad-inputs/send-bad-input.ts';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

describe('bad inputs', () => {
  let world: World;
  let rowsBefore: unknown;

  const url = (service: 'orders' | 'customers', path = '') =>
    world.url(service === 'orders' ? 'orderService' : 'customerWeb', path);
  const rows = async () => ({
    orders: await world.rowsIn('orders'),
    events: await world.rowsIn('outbox'),
    customers: (await request(url('customers', '/customers'))).body as unknown,
    evictions: await world.rowsIn('pending_evictions'),
  });

  before(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    // The customer that every bad order names, if it names any: nothing but the fault stands in its way.
    expect((await world.putCustomer(1)).status).to.equal(201);
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
    rowsBefore = await rows();
  });
  after(() => world.destroy());

  it('are at least a hundred, each with a name of its own', () => {
    expect(badInputs.length).to.be.at.least(100);
    expect(new Set(badInputs.map(({ service, name }) => `${service}: ${name}`)).size).to.equal(
      badInputs.length,
    );
  });

  for (const input of badInputs) {
    it(`answers ${input.status} to ${input.name} (${input.service})`, async () => {
      const answer = await sendBadInput(url(input.service), input);
      expect(answer.status, answer.body).to.equal(input.status);
      expect(answer.headers.get('content-type')).to.equal('application/problem+json');
      const body = problem.parse(JSON.parse(answer.body));
      expect(body.status).to.equal(input.status);
      expect(body.error).to.equal(body.title);
      if (body.type.endsWith(':validation-failed')) expect(body.errors).not.to.be.empty;
    });
  }

  it('leave no row, and two services that still answer', async () => {
    expect(await rows()).to.deep.equal(rowsBefore);
    expect((await request(url('orders', '/up'))).status).to.equal(200);
    expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
  });
});
