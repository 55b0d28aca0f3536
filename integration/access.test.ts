import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

describe('access to the REST APIs', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.destroy());

  const oldToken = 'old-token-of-the-web-shop';
  const newToken = 'new-token-of-the-web-shop';
  const customersToken = 'token-between-the-services';
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const order = { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 1 };
  const place = (headers: Record<string, string>) =>
    request(world.url('orderService', '/orders'), { json: { order }, headers });

  it('wants a token, takes two of one client while it is changed, and goes on from service to service', async () => {
    await world.start('customerWeb', { API_TOKENS: `orders=${customersToken}` });
    await world.start('orderService', {
      API_TOKENS: `shop=${oldToken}\nshop=${newToken}\n`,
      CUSTOMER_SERVICE_TOKEN: customersToken,
    });
    const customer = { name: 'Juan Pérez', address: 'Calle 123, Ciudad' };
    const put = (headers: Record<string, string>) =>
      request(world.url('customerWeb', '/customers/1'), { method: 'PUT', json: { customer }, headers });
    expect((await put({})).status).to.equal(401);
    expect((await put(bearer(customersToken))).status).to.equal(201);

    for (const token of [oldToken, newToken]) expect((await place(bearer(token))).status).to.equal(201);
    for (const wrong of [
      {},
      bearer(customersToken),
      bearer(`${oldToken}x`),
      { authorization: `Basic ${oldToken}` },
    ]) {
      const refused = await place(wrong);
      expect(refused.status).to.equal(401);
      expect(refused.headers.get('www-authenticate')).to.equal('Bearer');
      expect(JSON.stringify(refused.body)).not.to.contain('token-of');
    }
    expect(await world.rowsIn('orders')).to.equal(2);
    // What operators and readers of the documentation need stays open.
    for (const path of ['/up', '/readyz', '/metrics', '/openapi.json', '/api-docs/'])
      expect((await request(world.url('orderService', path))).status, path).to.equal(200);
    for (const service of world.started) expect(service.logs()).not.to.match(/token-of|token-between/);
  });

  it('keeps the Idempotency-Keys of two clients apart', async () => {
    await world.start('customerWeb');
    await world.putCustomer(1);
    await world.start('orderService', { API_TOKENS: `a=${oldToken},b=${newToken}` });
    const key = { 'idempotency-key': 'order-1' };
    const [first, second] = [
      await place({ ...bearer(oldToken), ...key }),
      await place({ ...bearer(newToken), ...key }),
    ];
    expect([first.status, second.status]).to.deep.equal([201, 201]);
    expect(second.headers.get('idempotent-replayed')).to.equal(null);
    expect(second.body.id).not.to.equal(first.body.id);
    const again = await place({ ...bearer(oldToken), ...key });
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect(again.body).to.deep.equal(first.body);
  });

  it('has a limit for each client, over all processes, and says what is left of it', async () => {
    await world.start('customerWeb');
    await world.putCustomer(1);
    const settings = { API_TOKENS: `a=${oldToken},b=${newToken}`, RATE_LIMIT_PER_MINUTE: '5' };
    await world.start('orderService', settings);
    const second = await world.startAnother('orderService', settings);
    const first = await place(bearer(oldToken));
    expect(first.status).to.equal(201);
    expect(first.headers.get('ratelimit-policy')).to.contain('q=5; w=60');
    expect(first.headers.get('ratelimit')).to.contain('r=4');
    for (let n = 0; n < 4; n++)
      await request(`${second.url}/orders`, { json: { order }, headers: bearer(oldToken) });
    const refused = await place(bearer(oldToken));
    expect(refused.status).to.equal(429);
    expect(refused.body.type).to.equal('urn:event-sync:problem:too-many-requests');
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60);
    expect(await world.rowsIn('orders')).to.equal(5);
    expect((await place(bearer(newToken))).status, 'another client').to.equal(201);
  });

  it('counts on over a Redis that has lost its scripts, whatever becomes of loading them', async () => {
    await world.start('customerWeb');
    await world.putCustomer(1);
    const url = new URL(world.environment('orderService').REDIS_URL!);
    [url.username, url.password] = [randomUUID(), 'of-a-test'];
    const rules = ['on', `>${url.password}`, '~*', '&*', '+@all', '-script'];
    await world.redis.acl('SETUSER', url.username, ...rules);
    try {
      await world.start('orderService', { RATE_LIMIT_PER_MINUTE: '2', REDIS_URL: url.href });
      expect((await place({})).status).to.equal(201);
      await world.redis.script('FLUSH');
      // Nobody is counted whose count takes Redis too long.
      await eventually(async () => expect((await place({})).status).to.equal(429));
    } finally {
      await world.redis.acl('DELUSER', url.username);
    }
  });

  it('has the same limit for wrong tokens of one address, and lets those through who came with a right one', async () => {
    await world.start('customerWeb');
    await world.putCustomer(1);
    const settings = { API_TOKENS: `a=${oldToken},b=${newToken}`, RATE_LIMIT_PER_MINUTE: '5' };
    const service = await world.start('orderService', settings);
    const second = await world.startAnother('orderService', settings);
    const statusOf = async (url: string | undefined, token?: string) =>
      (await request(`${url}/orders/1`, { headers: token ? bearer(token) : {} })).status;
    const placed = await place(bearer(oldToken));
    expect(placed.status).to.equal(201);
    const wrong = [await statusOf(service.url), await statusOf(second.url, `${oldToken}x`)];
    for (let n = 0; n < 3; n++) wrong.push(await statusOf(service.url, `${newToken}${n}`));
    expect(wrong, 'by both processes together').to.deep.equal([401, 401, 401, 401, 401]);

    const refused = await place(bearer(`${newToken}x`));
    expect(refused.status).to.equal(429);
    expect(refused.body.type).to.equal('urn:event-sync:problem:too-many-requests');
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60);
    expect(await statusOf(service.url), 'none at all').to.equal(429);
    expect(await statusOf(service.url, newToken), 'a right one that was not seen from here').to.equal(429);
    expect(await statusOf(service.url, oldToken), 'one that was').to.equal(200);
    expect(await statusOf(second.url), 'at the other process').to.equal(429);
    expect(await world.metric(service, 'rate_limit_refused_total')).to.equal(3);
    expect((await request(`${service.url}/up`)).status).to.equal(200);
  });

  it('does not count what the order service asks the customer service for each order', async () => {
    const limit = { RATE_LIMIT_PER_MINUTE: '2' };
    const shop = oldToken;
    await world.start('customerWeb', {
      API_TOKENS: `order_service=${customersToken},shop=${shop}`,
      ...limit,
    });
    await world.start('orderService', { CUSTOMER_SERVICE_TOKEN: customersToken });
    await world.customerDb.query(
      "INSERT INTO customers (id, name, address) SELECT id, 'Juan', 'Calle 123' FROM generate_series(1, 6) AS id",
    );
    const ask = (id: number) =>
      request(world.url('customerWeb', `/customers/${id}`), { headers: bearer(shop) });
    for (let id = 1; id <= 6; id++) {
      const placed = await request(world.url('orderService', '/orders'), {
        json: { order: { ...order, customer_id: id } },
      });
      expect(placed.status, `customer ${id}`).to.equal(201);
    }
    expect((await ask(1)).headers.get('ratelimit')).to.contain('r=1');
    expect((await ask(2)).status).to.equal(200);
    expect((await ask(3)).status, 'another client has the limit').to.equal(429);
  });

  it('holds nobody back while Redis does not answer, and counts those', async () => {
    await world.start('customerWeb');
    await world.putCustomer(1);
    const service = await world.start('orderService', { RATE_LIMIT_PER_MINUTE: '1' });
    expect((await place({})).status).to.equal(201);
    expect((await place({})).status).to.equal(429);
    await world.servers.control.redis.pause();
    try {
      expect((await place({})).status).to.equal(201);
      await eventually(async () =>
        expect(await world.metric(service, 'rate_limit_unchecked_total')).to.be.greaterThan(0),
      );
    } finally {
      await world.servers.control.redis.resume();
    }
    await eventually(async () => expect((await place({})).status).to.equal(429));
  });

  it('has its limit even if Redis was away when it started', async () => {
    await world.start('customerWeb');
    await world.putCustomer(1);
    await world.servers.control.redis.pause();
    try {
      const service = world.spawn('orderService', { RATE_LIMIT_PER_MINUTE: '1' });
      await eventually(async () => expect((await request(`${service.url}/up`)).status).to.equal(200));
    } finally {
      await world.servers.control.redis.resume();
    }
    await eventually(async () => expect((await place({})).status).to.equal(429));
  });

  it('is refused to be opened in production without a token, or with what everybody knows', async () => {
    const service = world.spawn('orderService', {
      NODE_ENV: 'production',
      DATABASE_USER: 'orders',
      DATABASE_PASSWORD: 'orders',
    });
    expect((await service.exited).code).to.equal(1);
    expect(service.logs())
      .to.contain('API_TOKENS is not set')
      .and.to.contain('DATABASE_PASSWORD is one that everybody');
    const relay = world.spawn('outboxRelay', {
      NODE_ENV: 'production',
      RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1:1',
      DATABASE_PASSWORD: 'not-to-be-guessed',
    });
    expect((await relay.exited).code).to.equal(1);
    expect(relay.logs())
      .to.contain('RABBITMQ_URL has the user guest')
      .and.not.to.contain('not-to-be-guessed');
  });
});
