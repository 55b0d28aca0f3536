import { expect } from 'chai';
import { storeOrder, storeOrders, type StoredOrder } from '@event-sync/order-service/orders/store-order.ts';
import { eventually } from './world/eventually.ts';
import { request, type Answer } from './world/http.ts';
import { withKnex, World } from './world/world.ts';

describe('an Idempotency-Key', () => {
  let world: World;
  // Only where a test asks for it: else the clock decides what a test sees.
  const settings = { IDEMPOTENCY_HOUSEKEEPING_CRON: '0 0 1 1 *' };
  before(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb', settings), world.start('orderService', settings)]);
    await world.putCustomer(1);
  });
  after(() => world.destroy());

  const laptop = { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99 };
  const place = (key: string, order: object = laptop): Promise<Answer> =>
    request(world.url('orderService', '/orders'), { json: { order }, headers: { 'idempotency-key': key } });
  const create = (key: string, name = 'Juan Pérez'): Promise<Answer> =>
    request(world.url('customerWeb', '/customers'), {
      json: { customer: { name, address: 'Calle 123, Ciudad' } },
      headers: { 'idempotency-key': key },
    });
  const replayed = ({ headers }: Answer) => headers.get('idempotent-replayed');

  it('gets the same answer for the same order, which is stored once', async () => {
    const before = [await world.rowsIn('orders'), await world.rowsIn('outbox')];
    const first = await place('key-1');
    expect(first.status).to.equal(201);
    expect(replayed(first)).to.equal(null);
    // The same, written differently.
    const again = await place('"key-1"', {
      status: 'pending',
      ...laptop,
      price: '999.990',
      customer_id: '1',
    });
    expect(again.status).to.equal(201);
    expect(replayed(again)).to.equal('true');
    expect(again.body).to.deep.equal(first.body);
    for (const header of ['location', 'event-id', 'content-type'])
      expect(again.headers.get(header), header).to.equal(first.headers.get(header));
    expect([await world.rowsIn('orders'), await world.rowsIn('outbox')]).to.deep.equal(
      before.map((rows) => rows + 1),
    );
  });

  it('is refused for another order, which is not stored', async () => {
    await place('key-2');
    const orders = await world.rowsIn('orders');
    const other = await place('key-2', { ...laptop, quantity: 2 });
    expect(other.status).to.equal(422);
    expect(other.body.type).to.equal('urn:event-sync:problem:idempotency-key-reused');
    expect(await world.rowsIn('orders')).to.equal(orders);
  });

  it('stores one order for 50 requests at once; each gets its answer, or 409 for as long as that is not known', async () => {
    const orders = await world.rowsIn('orders');
    const answers = await Promise.all(Array.from({ length: 50 }, () => place('key-3')));
    expect(new Set(answers.map(({ status }) => status))).to.satisfy((those: Set<number>) =>
      [...those].every((status) => status === 201 || status === 409),
    );
    const placed = answers.filter(({ status }) => status === 201);
    expect(placed.filter((answer) => replayed(answer) === null)).to.have.length(1);
    expect(new Set(placed.map(({ body }) => body.id as number)).size).to.equal(1);
    expect(await world.rowsIn('orders')).to.equal(orders + 1);
  });

  it('is answered 409 while its first request is at work', async () => {
    const blocker = await world.orderDb.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('LOCK TABLE orders IN SHARE MODE');
      const first = place('key-4');
      await eventually(async () => {
        const { rows } = await world.orderDb.query(
          "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'",
        );
        expect(rows).to.have.length(1);
      });
      const second = await place('key-4');
      expect(second.status).to.equal(409);
      expect(second.body.type).to.equal('urn:event-sync:problem:idempotency-key-in-use');
      expect(second.headers.get('retry-after')).to.equal('1');
      await blocker.query('ROLLBACK');
      expect((await first).status).to.equal(201);
      expect(replayed(await place('key-4'))).to.equal('true');
    } finally {
      blocker.release(true);
    }
  });

  it('is not used up by an order that was refused', async () => {
    const order = { ...laptop, customer_id: 77 };
    expect((await place('key-5', order)).status).to.equal(422);
    await world.putCustomer(77);
    const placed = await place('key-5', order);
    expect(placed.status).to.equal(201);
    expect(replayed(placed)).to.equal(null);
  });

  it('gets the answer even while the customer service is away', async () => {
    const first = await place('key-6');
    await world.redis.flushdb();
    const web = world.started.find(({ name }) => name.includes('customer-web'))!;
    await web.stop();
    // Until nobody remembers the customer: by then the answer can only come of having been looked for first.
    const unkeyed = () => request(world.url('orderService', '/orders'), { json: { order: laptop } });
    await eventually(async () => expect((await unkeyed()).status).to.equal(503));
    expect((await place('key-6')).body).to.deep.equal(first.body);
    await world.start('customerWeb', settings);
  });

  it('creates one customer', async () => {
    const first = await create('key-1');
    expect(first.status).to.equal(201);
    const again = await create('key-1');
    expect(again.body).to.deep.equal(first.body);
    expect(again.headers.get('etag')).to.equal('"1"');
    expect(replayed(again)).to.equal('true');
    expect((await create('key-1', 'María')).status).to.equal(422);
  });

  for (const key of ['', 'two words', 'ñ', 'x'.repeat(256), '"open'])
    it(`is refused if it is ${JSON.stringify(key.slice(0, 20))}`, async () => {
      const { status, body } = await place(Buffer.from(key, 'utf8').toString('latin1'));
      expect(status).to.equal(400);
      expect(body.detail).to.contain('Idempotency-Key');
    });

  it('is as if it had never been used from the moment its time is over, whether it was pruned or not', async () => {
    const hoursAgo = (hours: number) =>
      world.orderDb.query(
        "UPDATE idempotency_keys SET created_at = now() - make_interval(mins => $1) WHERE key = ':key-7'",
        [hours * 60],
      );
    const first = await place('key-7');
    await hoursAgo(23.9);
    expect((await place('key-7')).body).to.deep.equal(first.body);
    await hoursAgo(24.1);
    const orders = await world.rowsIn('orders');
    const mouse = { ...laptop, product_name: 'Mouse' };
    const taken = await Promise.all(Array.from({ length: 5 }, () => place('key-7', mouse)));
    const again = await place('key-7', mouse);
    expect(again.body.id).not.to.equal(first.body.id);
    expect(replayed(again)).to.equal('true');
    for (const { status, body } of taken)
      if (status === 201) expect(body).to.deep.equal(again.body);
      else expect(status).to.equal(409);
    expect(await world.rowsIn('orders')).to.equal(orders + 1);
    expect((await place('key-7')).status, 'the first request again').to.equal(422);

    const created = await create('key-7');
    await world.customerDb.query(
      "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = ':key-7'",
    );
    const anew = await create('key-7', 'María');
    expect(anew.body.customer.id).not.to.equal(created.body.customer.id);
  });

  it('is forgotten when its time is over', async () => {
    await place('key-old');
    await place('key-new');
    await world.orderDb.query(
      "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = ':key-old'",
    );
    await world.startAnother('orderService', { IDEMPOTENCY_HOUSEKEEPING_CRON: '* * * * * *' });
    await eventually(async () => {
      const { rows } = await world.orderDb.query("SELECT key FROM idempotency_keys WHERE key LIKE ':key-_%'");
      expect(rows).to.not.deep.include({ key: ':key-old' });
    });
    expect(replayed(await place('key-new'))).to.equal('true');
    expect(replayed(await place('key-old'))).to.equal(null);
  });

  it('or none: both ways to store an order write the same rows', async () => {
    const order = {
      customer_id: '9223372036854775807',
      product_name: `"quoted" \\ 'and' $1 ? :name \u2028 😀`,
      quantity: 3,
      price: '19.90',
      status: 'shipped' as const,
    };
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const rowsOf = async ({ order: { id }, eventId }: StoredOrder) => {
      const { rows: orders } = await world.orderDb.query<{ created_at: Date }>(
        'SELECT * FROM orders WHERE id = $1',
        [id],
      );
      const { rows: events } = await world.orderDb.query<{ body: string }>(
        'SELECT *, body::text AS body FROM outbox WHERE event_id = $1',
        [eventId],
      );
      // What differs between any two orders.
      const [storedOrder, event] = [orders[0]!, events[0]!];
      const time = storedOrder.created_at.toISOString();
      expect(event.body).to.contain(`"timestamp":"${time}"`).and.to.contain(`"order_id":${id},`);
      const body = event.body.replace(time, '').replace(`"order_id":${id}`, '').replaceAll(eventId, '');
      const [position, created_at, updated_at, event_id] = Array<unknown>(4).fill(undefined);
      return [
        { ...storedOrder, id: undefined, created_at, updated_at },
        { ...event, body, position, event_id, created_at },
      ];
    };
    await withKnex(world.addresses.postgresOrder, async (knex) => {
      const several = await knex.transaction((trx) => storeOrder(trx, order, { traceparent }));
      const [one] = (await storeOrders(knex, [{ order, traceparent }])) as [StoredOrder];
      expect(await rowsOf(one)).to.deep.equal(await rowsOf(several));
      expect(Object.keys(one.order)).to.have.members(Object.keys(several.order));
    });
  });
});
