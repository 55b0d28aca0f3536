import { problem } from '@event-sync/contracts/problems.ts';
import type { Service } from '@event-sync/stack/services.ts';
import { expect } from 'chai';
import { connect } from 'node:net';
import { eventually } from './world/eventually.ts';
import { request } from './world/http.ts';
import { World } from './world/world.ts';

/** Seconds, with a good second for the machine: what docs/operations.md says a request takes at the most. */
const stated = { headers: 10 + 2.5, request: 15 + 2.5, database: 7 + 2.5, many: 10 + 2.5 };

describe('what takes too long', () => {
  let world: World;
  let orderService: Service;
  beforeEach(async () => {
    world = await World.create();
    [, orderService] = await Promise.all([world.start('customerWeb'), world.start('orderService')]);
    await world.putCustomer(1);
    // In Redis from now on.
    expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
  });
  afterEach(() => world.destroy());

  /** Sends the pieces, one a second, until it is hung up on. */
  async function sendSlowly(head: string, piece: string): Promise<{ answer: string; seconds: number }> {
    const { hostname, port } = new URL(world.url('orderService', '/'));
    const began = performance.now();
    let answer = '';
    await new Promise<void>((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.write(head);
      const dripping = setInterval(() => socket.write(piece), 1_000);
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(dripping);
        resolve();
      });
    });
    return { answer, seconds: (performance.now() - began) / 1_000 };
  }
  function expectCutOff({ answer }: { answer: string }): void {
    expect(answer).to.match(/^HTTP\/1\.1 408 /);
    const body = problem.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))));
    expect(body.type).to.equal('urn:event-sync:problem:request-timeout');
  }

  it('is cut off with 408: a head, or a body, that comes a byte a second', async () => {
    const orders = await world.rowsIn('orders');
    const head = 'POST /orders HTTP/1.1\r\nHost: localhost\r\n';
    const [slowHead, slowBody] = await Promise.all([
      sendSlowly(head, 'X'),
      sendSlowly(`${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`, ' '),
    ]);
    expectCutOff(slowHead);
    expect(slowHead.seconds).to.be.within(9, stated.headers);
    expectCutOff(slowBody);
    expect(slowBody.seconds).to.be.within(14, stated.request);
    // They were held up by the same machine: each was cut off by its own limit.
    expect(slowBody.seconds - slowHead.seconds).to.be.above(2);
    expect(await world.rowsIn('orders')).to.equal(orders);
  });

  it('is answered 503: a Postgres that does not answer any more, and one that answers again is used again', async () => {
    await world.servers.control.postgresOrder.pause();
    try {
      const began = performance.now();
      const answers = await Promise.all([
        // More than there are connections.
        ...Array.from({ length: 15 }, () => world.placeOrder({ customer_id: 1 })),
        request(world.url('orderService', '/orders/1')),
      ]);
      const seconds = (performance.now() - began) / 1_000;
      for (const { status, headers } of answers) {
        expect(status).to.equal(503);
        expect(headers.get('retry-after')).to.equal('1');
      }
      expect(seconds).to.be.lessThan(stated.database);
    } finally {
      await world.servers.control.postgresOrder.resume();
    }
    await eventually(async () => expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201));
  });

  it('is answered 503: a table that somebody else has locked', async () => {
    const holder = await world.orderDb.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
      const began = performance.now();
      const order = { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 1 };
      const keyed = { json: { order }, headers: { 'idempotency-key': 'locked' } };
      const answers = await Promise.all([
        world.placeOrder({ customer_id: 1 }),
        request(world.url('orderService', '/orders'), keyed),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([503, 503]);
      expect((performance.now() - began) / 1_000).to.be.lessThan(stated.database);
      const logs = orderService.logs();
      expect(logs).to.contain('a dependency is away').and.to.contain('lock timeout');
      expect(logs, 'a stack, or a statement').not.to.match(/\\n {4}at |insert into/i);
    } finally {
      holder.release(true);
    }
    expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
  });

  it('is answered 503, and not stored later: orders of forty customers while the table is locked', async () => {
    await world.customerDb.query(
      "INSERT INTO customers (id, name, address) SELECT id, 'Customer', 'Calle 123' FROM generate_series(10, 49) AS id",
    );
    const orders = await world.rowsIn('orders');
    const holder = await world.orderDb.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
      const began = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) => world.placeOrder({ customer_id: 10 + n })),
      );
      expect((performance.now() - began) / 1_000).to.be.lessThan(stated.many);
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([503]));
    } finally {
      holder.release(true);
    }
    // Whatever still waited for the lock would be stored before this one.
    expect((await world.placeOrder({ customer_id: 1 })).status).to.equal(201);
    expect(await world.rowsIn('orders')).to.equal(orders + 1);
  });
});
