import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

const largestId = '9223372036854775807';

describe('the REST services', () => {
  let world: World;
  before(async () => {
    world = await World.create();
    await Promise.all([world.start('customerWeb'), world.start('orderService')]);
  });
  after(() => world.destroy());

  const customers = (path = '') => world.url('customerWeb', `/customers${path}`);
  const orders = (path = '') => world.url('orderService', `/orders${path}`);
  const details = { name: 'Juan Pérez', address: 'Calle 123, Ciudad' };
  const post = () => request(customers(), { json: { customer: details } });

  it('create a customer with the next free id, whatever ids PUT has taken', async () => {
    for (const id of [1, 2, 3, 5, largestId]) expect((await world.putCustomer(id)).status).to.equal(201);
    const first = await post();
    expect(first.status).to.equal(201);
    expect(first.body.customer).to.include({ id: 4, ...details, orders_count: 0, has_orders: false });
    expect(first.headers.get('location')).to.equal('/customers/4');
    expect(first.body.message).to.be.a('string');
    expect((await post()).body.customer.id).to.equal(6);
  });

  it('create as many customers at once as were asked for, each with an id of its own', async () => {
    await Promise.all([20, 21, 22, 25].map((id) => world.putCustomer(id)));
    const created = await Promise.all(Array.from({ length: 30 }, post));
    const ids = new Set(
      created.map(({ status, body }) => (status === 201 ? (body.customer.id as number) : status)),
    );
    expect(ids.size).to.equal(30);
  });

  it('keep every digit of an id', async () => {
    const text = async (url: string) => (await fetch(url)).text();
    expect(await text(customers(`/${largestId}`))).to.contain(`"id":${largestId},`);
    expect(await text(customers(`/${largestId}`)), 'from the cache').to.contain(`"id":${largestId},`);
    const placed = await fetch(orders(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"order":{"customer_id":${largestId},"product_name":"Laptop","quantity":1,"price":"0.10"}}`,
    });
    expect(placed.status).to.equal(201);
    expect(await placed.text()).to.contain(`"customer_id":${largestId},`);
    expect(await text(orders(`?customer_id=${largestId}`))).to.contain(`"customer_id":${largestId},`);
    const { rows } = await world.orderDb.query<{ body: string }>(
      'SELECT body::text FROM outbox WHERE ordering_key = $1',
      [`customer:${largestId}`],
    );
    expect(rows[0]?.body).to.contain(`"customer_id":${largestId},`);
  });

  it('answer a change with 200, a new version, and no old copy', async () => {
    const before = await world.customer(1);
    const changed = await world.putCustomer(1, { name: 'María', address: 'Avenida 5, Ciudad' });
    expect(changed.status).to.equal(200);
    expect(changed.headers.get('etag')).to.equal('"2"').and.not.to.equal(before.headers.get('etag'));
    const after = await world.customer(1);
    expect(after.body).to.include({ name: 'María', address: 'Avenida 5, Ciudad' });
    expect(after.headers.get('etag')).to.equal('"2"');
    await eventually(async () => expect(await world.rowsIn('pending_evictions')).to.equal(0));
  });

  it('store an order and its event together, and tell its id', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const placed = await request(orders(), {
      json: { order: { customer_id: 1, product_name: 'Laptop', quantity: 3, price: 19.9 } },
      headers: { traceparent },
    });
    expect(placed.status).to.equal(201);
    expect(placed.body).to.include({ price: '19.90', total_amount: '59.70', status: 'pending' });
    const { rows } = await world.orderDb.query<{ body: { data: object }; traceparent: string }>(
      'SELECT body, traceparent FROM outbox WHERE event_id = $1',
      [placed.headers.get('event-id')],
    );
    expect(rows[0]?.traceparent).to.equal(traceparent);
    expect(rows[0]?.body.data).to.deep.equal({
      order_id: placed.body.id,
      customer_id: 1,
      product_name: 'Laptop',
      quantity: 3,
      price: '19.90',
      total_amount: '59.70',
      status: 'pending',
    });
    expect(
      (await request(world.url('orderService', placed.headers.get('location') ?? ''))).body,
    ).to.deep.equal(placed.body);
  });

  it('page through orders, oldest first, without a gap', async () => {
    await world.putCustomer(100);
    const ids: number[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await world.placeOrder({ customer_id: 100 })).body.id as number);
    const seen: number[] = [];
    let next: string | undefined = '/orders?customer_id=100&limit=2';
    let pages = 0;
    while (next !== undefined) {
      const page = await request(world.url('orderService', next));
      seen.push(...(page.body as { id: number }[]).map(({ id }) => id));
      next = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      pages += 1;
    }
    expect(seen).to.deep.equal(ids);
    expect(pages).to.equal(3);
    expect((await request(orders('?customer_id=424242'))).body).to.deep.equal([]);
  });

  it('count all customers and all orders, whatever the page', async () => {
    const all = (await request(customers())).body;
    const page = (await request(customers('?limit=1&after=1'))).body;
    expect(all.customers.length).to.equal(all.count);
    expect(page.customers).to.have.length(1);
    expect(page).to.include({ count: all.count, total_orders: all.total_orders });
    expect((await request(customers(`?after=${largestId}`))).body).to.include({ count: all.count });
  });

  it('store every order with one event, whoever asks for others at the same time, in two processes', async () => {
    const second = await world.startAnother('orderService');
    const customerIds = [31, 32, 33, 34, 35];
    await Promise.all(customerIds.map((id) => world.putCustomer(id)));
    const [ordersBefore, eventsBefore] = [await world.rowsIn('orders'), await world.rowsIn('outbox')];
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, n) =>
        request(n % 2 === 0 ? orders() : `${second.url}/orders`, {
          json: {
            order: { customer_id: customerIds[n % 5], product_name: `Number ${n}`, quantity: 1, price: 1 },
          },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(Array<number>(400).fill(201));
    answers.forEach(({ body }, n) =>
      expect(body).to.include({ customer_id: customerIds[n % 5], product_name: `Number ${n}` }),
    );
    expect(await world.rowsIn('orders')).to.equal(ordersBefore + 400);
    expect(await world.rowsIn('outbox')).to.equal(eventsBefore + 400);
    const { rows } = await world.orderDb.query(
      `SELECT FROM orders JOIN outbox ON (body -> 'data' ->> 'order_id')::bigint = orders.id
       WHERE customer_id BETWEEN 31 AND 35 AND body -> 'data' ->> 'product_name' = product_name
         AND (body ->> 'timestamp')::timestamptz = date_trunc('milliseconds', orders.created_at)
         AND event_id = ANY($1::uuid[])`,
      [answers.map(({ headers }) => headers.get('event-id'))],
    );
    expect(rows).to.have.length(400);
  });

  it('store an order although that of another customer, asked for at once, has to wait too long', async () => {
    await Promise.all([41, 42].map((id) => world.putCustomer(id)));
    const holder = await world.orderDb.connect();
    try {
      // As a transaction does that has appended an event for this customer and hangs.
      await holder.query("SELECT pg_advisory_lock(hashtextextended('customer:41', 7105))");
      const [stuck, free] = await Promise.all([
        Promise.all(Array.from({ length: 3 }, () => world.placeOrder({ customer_id: 41 }))),
        Promise.all(Array.from({ length: 3 }, () => world.placeOrder({ customer_id: 42 }))),
      ]);
      expect(stuck.map(({ status }) => status)).to.deep.equal([503, 503, 503]);
      expect(free.map(({ status }) => status)).to.deep.equal([201, 201, 201]);
    } finally {
      holder.release(true);
    }
    expect((await world.placeOrder({ customer_id: 41 })).status).to.equal(201);
  });

  it('give an event its position after those of transactions with the same key that commit before', async () => {
    await Promise.all([51, 52].map((id) => world.putCustomer(id)));
    const earlier = await world.orderDb.connect();
    const append = (id: string) =>
      earlier.query(
        `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
         SELECT $1, 'customer:51', 'order_created', 1, 'events', 'order.created', '{}'
         FROM (SELECT pg_advisory_xact_lock(hashtextextended('customer:51', 7105))) AS ordering_lock`,
        [id],
      );
    let placed;
    try {
      await earlier.query('BEGIN');
      await append('00000000-0000-7000-8000-000000000001');
      placed = world.placeOrder({ customer_id: 51 });
      await eventually(async () => {
        const { rows } = await world.orderDb.query(
          "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'advisory'",
        );
        expect(rows).to.have.length(1);
      });
      // Draws a position in between.
      expect((await world.placeOrder({ customer_id: 52 })).status).to.equal(201);
      await append('00000000-0000-7000-8000-000000000002');
      await earlier.query('COMMIT');
    } finally {
      earlier.release(true);
    }
    const eventId = (await placed).headers.get('event-id');
    const { rows } = await world.orderDb.query<{ event_id: string }>(
      "SELECT event_id FROM outbox WHERE ordering_key = 'customer:51' ORDER BY position",
    );
    expect(rows.map(({ event_id }) => event_id).slice(-1)).to.deep.equal([eventId]);
    expect(rows).to.have.length(3);
  });

  it('store an order after a column got another type, which no prepared statement survives', async () => {
    await world.putCustomer(1);
    const many = () => Promise.all(Array.from({ length: 20 }, () => world.placeOrder({ customer_id: 1 })));
    await many();
    await world.orderDb.query('ALTER TABLE orders ALTER price TYPE numeric(13, 2)');
    expect(new Set((await many()).map(({ status }) => status))).to.deep.equal(new Set([201]));
  });
});
