import { expect } from 'chai';
import { isTransient } from '@event-sync/platform/transient-error.ts';
import { OrderNotSent, OrderWriter } from './order-writer.ts';
import type { AskedOrder, StoredOrder } from './store-order.ts';

const asked = (customer: number): AskedOrder => ({
  order: {
    customer_id: String(customer),
    product_name: 'Laptop',
    quantity: 1,
    price: '1.00',
    status: 'pending',
  },
});
const storedAs = ({ order }: AskedOrder): StoredOrder => ({
  order: {
    ...order,
    id: order.customer_id,
    total_amount: '1.00',
    created_at: new Date(0),
    updated_at: new Date(0),
  },
  eventId: `event-${order.customer_id}`,
});
const withCode = (code: string) => Object.assign(new Error(`code ${code}`), { code });

describe('orders that are asked for at once', () => {
  /** Statements as they are sent, each to be ended by the test. */
  let statements: { customers: string[]; end: (error?: Error) => void }[];
  let writer: OrderWriter;
  beforeEach(() => {
    statements = [];
    writer = new OrderWriter((orders) => {
      const { promise, resolve, reject } = Promise.withResolvers<StoredOrder[]>();
      statements.push({
        customers: orders.map(({ order }) => order.customer_id),
        end: (error) => (error ? reject(error) : resolve(orders.map(storedAs))),
      });
      return promise;
    });
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const sent = () => statements.map(({ customers }) => customers);

  it('go at once while fewer than two statements are under way, and then together, each with its own answer', async () => {
    const orders = [1, 2, 3, 4, 5].map((customer) => writer.store(asked(customer)));
    expect(sent()).to.deep.equal([['1'], ['2']]);
    statements[0]!.end();
    await turn();
    expect(sent()[2]).to.deep.equal(['3', '4', '5']);
    statements[1]!.end();
    statements[2]!.end();
    const ids = (await Promise.all(orders)).map(({ eventId }) => eventId);
    expect(ids).to.deep.equal([1, 2, 3, 4, 5].map((customer) => `event-${customer}`));
  });

  it('of one customer are in one statement at a time, so that a lock that is held holds up nobody else', async () => {
    const orders = [1, 1, 1, 2, 3].map((customer) => writer.store(asked(customer)));
    expect(sent()).to.deep.equal([['1'], ['2']]);
    statements[1]!.end();
    await turn();
    expect(sent().slice(2)).to.deep.equal([['3']]);
    statements[0]!.end();
    await turn();
    expect(sent().slice(3)).to.deep.equal([['1', '1']]);
    statements[2]!.end();
    statements[3]!.end();
    await Promise.all(orders);
  });

  it('are a hundred in one statement at the most', async () => {
    const orders = Array.from({ length: 203 }, (_, n) => writer.store(asked(n)));
    for (const end of [0, 1, 2, 3]) {
      statements[end]!.end();
      await turn();
    }
    statements[4]?.end();
    await Promise.all(orders);
    expect(sent().map(({ length }) => length)).to.deep.equal([1, 1, 100, 100, 1]);
  });

  /** Two that are under way, and those that are asked for meanwhile: they go with the third statement. */
  async function third(customers: readonly number[]) {
    const first = [writer.store(asked(101)), writer.store(asked(102))];
    const outcomes = Promise.allSettled(customers.map((customer) => writer.store(asked(customer))));
    statements[0]!.end();
    statements[1]!.end();
    await Promise.all(first);
    await turn();
    return async (...ends: (string | undefined)[]) => {
      for (const [at, code] of ends.entries()) {
        statements[2 + at]!.end(code === undefined ? undefined : withCode(code));
        await turn();
      }
      return (await outcomes).map(({ status }) => (status === 'fulfilled' ? 'stored' : 'failed'));
    };
  }

  for (const code of ['23514', '55P03', '40P01'])
    it(`are stored customer by customer after Postgres has taken them back with ${code}: one fails alone`, async () => {
      const end = await third([3, 4, 3]);
      expect(await end(code, undefined, code)).to.deep.equal(['stored', 'failed', 'stored']);
      expect(sent().slice(2)).to.deep.equal([['3', '4', '3'], ['3', '3'], ['4']]);
    });

  it('are stored one by one if those of one customer fail together for what is in them', async () => {
    const end = await third([3, 3]);
    expect(await end('23514', undefined, '23514')).to.deep.equal(['stored', 'failed']);
    expect(sent().slice(2)).to.deep.equal([['3', '3'], ['3'], ['3']]);
  });

  it('wait for the lock of their customer once, together', async () => {
    const end = await third([3, 3, 3]);
    expect(await end('55P03')).to.deep.equal(['failed', 'failed', 'failed']);
    expect(statements).to.have.length(3);
  });

  for (const code of ['ECONNRESET', '57P01', '57014', ''])
    it(`fail together, and are not sent again, when it is not known what became of them (${code || 'no code'})`, async () => {
      const end = await third([3, 4]);
      expect(await end(code)).to.deep.equal(['failed', 'failed']);
      expect(statements).to.have.length(3);
    });

  it('are not sent any more after they have waited too long for those before', async () => {
    const first = [writer.store(asked(1)), writer.store(asked(2))];
    const late = writer.store(asked(3)).catch((error: Error) => error);
    const clock = performance.now.bind(performance);
    performance.now = () => clock() + 5_000;
    try {
      statements[0]!.end();
      statements[1]!.end();
      await Promise.all(first);
      await turn();
    } finally {
      performance.now = clock;
    }
    expect(await late).to.be.instanceOf(OrderNotSent);
    expect(isTransient(await late)).to.equal(true);
    expect(statements).to.have.length(2);
  });
});
