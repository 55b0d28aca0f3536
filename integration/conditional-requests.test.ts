import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { request, type Answer } from './world/http.ts';
import { World } from './world/world.ts';

describe('conditional requests', () => {
  let world: World;
  before(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
  });
  after(() => world.destroy());

  const put = (id: number, headers: Record<string, string>, name = 'María'): Promise<Answer> =>
    request(world.url('customerWeb', `/customers/${id}`), {
      method: 'PUT',
      json: { customer: { name, address: 'Avenida 5, Ciudad' } },
      headers,
    });

  it('answer 304 without a body for a customer that has not changed, and the customer once it has', async () => {
    await world.putCustomer(1);
    const url = world.url('customerWeb', '/customers/1');
    const etag = (await request(url)).headers.get('etag')!;
    for (const method of ['GET', 'HEAD']) {
      const same = await request(url, { method, headers: { 'if-none-match': `"0", W/${etag}` } });
      expect(same.status).to.equal(304);
      expect(same.body).to.equal('');
      expect(same.headers.get('etag')).to.equal(etag);
    }
    await world.putCustomer(1, { name: 'María', address: 'Avenida 5, Ciudad' });
    const changed = await request(url, { headers: { 'if-none-match': etag } });
    expect(changed.status).to.equal(200);
    expect(changed.body.name).to.equal('María');
    expect((await request(url, { headers: { 'if-match': etag } })).status).to.equal(412);
  });

  it('answer 304 for an order that has not changed', async () => {
    await world.putCustomer(1);
    const { body } = await world.placeOrder({ customer_id: 1 });
    const url = world.url('orderService', `/orders/${body.id}`);
    const etag = (await request(url)).headers.get('etag')!;
    const conditional = () => request(url, { headers: { 'if-none-match': etag } });
    expect((await conditional()).status).to.equal(304);
    await world.orderDb.query("UPDATE orders SET status = 'shipped' WHERE id = $1", [body.id]);
    expect((await conditional()).body.status).to.equal('shipped');
  });

  it('change a customer only in the version that was read', async () => {
    await world.putCustomer(2);
    const read = (await world.customer(2)).headers.get('etag')!;
    expect((await put(2, { 'if-match': read }, 'First')).status).to.equal(200);
    const late = await put(2, { 'if-match': read }, 'Second');
    expect(late.status).to.equal(412);
    expect(late.body.type).to.equal('urn:event-sync:problem:precondition-failed');
    expect((await world.customer(2)).body.name).to.equal('First');
    for (const never of ['W/"2"', '"abc"', '"99999999999999999999"', '"0"', '"02"'])
      expect((await put(2, { 'if-match': never })).status, never).to.equal(412);
    expect((await put(2, { 'if-match': '"1", "2"' })).status).to.equal(200);
    expect((await put(2, { 'if-match': '*' })).status).to.equal(200);
    expect((await put(2, { 'if-match': '2' })).status).to.equal(400);
  });

  it('let one of 20 changes at once win, each of which is made to the version that was read', async () => {
    await world.putCustomer(3);
    const answers = await Promise.all(Array.from({ length: 20 }, () => put(3, { 'if-match': '"1"' })));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array<number>(19).fill(412)]);
    expect((await world.customer(3)).headers.get('etag')).to.equal('"2"');
  });

  it('create a customer only, or change one only', async () => {
    expect((await put(4, { 'if-match': '*' })).status).to.equal(412);
    expect((await world.customer(4)).status).to.equal(404);
    expect((await put(4, { 'if-none-match': '*' })).status).to.equal(201);
    expect((await put(4, { 'if-none-match': '*' }, 'Other')).status).to.equal(412);
    expect((await put(4, { 'if-none-match': '*', 'if-match': '*' })).status).to.equal(412);
    expect((await put(4, { 'if-none-match': '"1"' })).status).to.equal(400);
    expect((await world.customer(4)).body.name).to.equal('María');
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  });
});
