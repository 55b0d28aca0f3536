import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

describe('the walk of an order', () => {
  let world: World;
  let services: Awaited<ReturnType<World['startAll']>>;
  before(async () => {
    world = await World.create();
    services = await world.startAll();
  });
  after(() => world.destroy());

  it('counts an order for its customer, as the replaced system did', async () => {
    const created = await request(world.url('customerWeb', '/customers/1'), {
      method: 'PUT',
      json: { customer: { name: 'Juan Pérez', address: 'Calle 123, Ciudad' } },
    });
    expect(created.status).to.equal(201);
    const placed = await request(world.url('orderService', '/orders'), {
      json: {
        order: { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99, status: 'pending' },
      },
    });
    expect(placed.status).to.equal(201);
    expect(placed.body).to.include({
      customer_id: 1,
      product_name: 'Laptop',
      quantity: 1,
      price: '999.99',
      total_amount: '999.99',
      status: 'pending',
    });
    await eventually(async () => {
      const { body } = await world.customer(1);
      expect(body).to.include({ id: 1, name: 'Juan Pérez', orders_count: 1, has_orders: true });
    });
    const list = await request(world.url('orderService', '/orders?customer_id=1'));
    expect(list.body).to.have.length(1);
    expect(list.body[0]).to.deep.equal(placed.body);
    const one = await request(world.url('orderService', placed.headers.get('location')!));
    expect(one.body).to.deep.equal(placed.body);
    await eventually(async () => expect(await world.rowsIn('outbox')).to.equal(0));
    expect(await world.rowsIn('outbox_published')).to.equal(1);
  });

  it('shows the new count although the old one was cached', async () => {
    await world.putCustomer(2);
    await world.cacheCustomer(2);
    const ttl = await world.redis.ttl('customer:2');
    expect(ttl).to.be.within(604_700, 604_800);
    await world.placeOrder({ customer_id: 2 });
    await eventually(async () => expect((await world.customer(2)).body.orders_count).to.equal(1));
  });

  it('sends the body and the properties that the contract names', async () => {
    await world.rabbit.declare(async (channel) => {
      await channel.assertQueue('tap', { durable: true });
      await channel.bindQueue('tap', 'events', 'order.created');
    });
    await world.putCustomer(3);
    const placed = await world.placeOrder({ customer_id: 3, quantity: 3, price: '0.10' });
    const [message] = await eventually(async () => {
      const messages = await world.rabbit.drain('tap');
      expect(messages).to.have.length(1);
      return messages;
    });
    const body = JSON.parse(message!.content.toString());
    expect(body).to.deep.include({ id: placed.headers.get('event-id'), event: 'order_created', version: 1 });
    expect(body.data).to.deep.include({
      order_id: placed.body.id,
      customer_id: 3,
      price: '0.10',
      total_amount: '0.30',
    });
    expect(new Date(body.timestamp).toISOString()).to.equal(body.timestamp);
    expect(message!.properties).to.include({
      messageId: body.id,
      type: 'order_created',
      contentType: 'application/json',
      deliveryMode: 2,
    });
    expect(message!.properties.headers).to.include({
      'cloudEvents:specversion': '1.0',
      'cloudEvents:id': body.id,
      'cloudEvents:type': 'order_created',
      'cloudEvents:source': '/order-service',
    });
  });

  it('carries the event id from the request to the eviction in the logs', async () => {
    const { orderService, outboxRelay, customerWorker } = services;
    await world.putCustomer(4);
    const id = (await world.placeOrder({ customer_id: 4 })).headers.get('event-id')!;
    await eventually(() => {
      expect(orderService.logs()).to.match(new RegExp(`"event_id":"${id}".*"order placed"`));
      expect(outboxRelay.logs()).to.match(new RegExp(`"event_id":"${id}".*"confirmed"`));
      expect(customerWorker.logs()).to.match(new RegExp(`"event_id":"${id}".*"applied"`));
      expect(customerWorker.logs()).to.match(new RegExp(`"event_ids":\\[[^\\]]*"${id}".*"evicted"`));
    });
  });

  it('keeps its documentation, health and metrics where the README says', async () => {
    for (const service of ['orderService', 'customerWeb'] as const) {
      for (const path of ['/up', '/readyz', '/metrics', '/openapi.json', '/api-docs/']) {
        await eventually(async () =>
          expect((await request(world.url(service, path))).status, `${service} ${path}`).to.equal(200),
        );
      }
      const { body } = await request(world.url(service, '/openapi.json'));
      expect(body.openapi).to.match(/^3\.1\./);
    }
    for (const service of ['outboxRelay', 'customerWorker'] as const) {
      for (const path of ['/up', '/readyz', '/metrics']) {
        await eventually(async () =>
          expect((await request(world.url(service, path))).status, `${service} ${path}`).to.equal(200),
        );
      }
    }
    await eventually(async () => expect(await world.rabbit.consumers(orderEventsQueue)).to.equal(1));
  });
});
