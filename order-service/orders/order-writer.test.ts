import { expect } from 'chai';
import { OrderWriter } from './order-writer.ts';
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

  for (const code of ['23514', '55P03', '40P01'])
    it(`are stored one by one after Postgres has rolled them back with ${code}: one fails alone`, async () => {
      const orders = [1, 2, 3, 4].map((customer) => writer.store(asked(customer)));
      const outcomes = Promise.allSettled(orders);
      statements[0]!.end();
      statements[1]!.end();
      await turn();
      statements[2]!.end(withCode(code));
      await turn();
      statements[3]!.end(withCode(code));
      await turn();
      statements[4]!.end();
      expect((await outcomes).map(({ status }) => status)).to.deep.equal([
        ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
      ]);
      expect(sent().slice(2)).to.deep.equal([['3', '4'], ['3'], ['4']]);
    });

  for (const code of ['ECONNRESET', '57P01', '57014'])
    it(`fail together, and are not sent again, when it is not known what became of them (${code})`, async () => {
      const orders = [1, 2, 3, 4].map((customer) => writer.store(asked(customer)));
      const outcomes = Promise.allSettled(orders);
      statements[0]!.end();
      statements[1]!.end();
      await turn();
      statements[2]!.end(withCode(code));
      expect((await outcomes).map(({ status }) => status)).to.deep.equal([
        ...['fulfilled', 'fulfilled', 'rejected', 'rejected'],
      ]);
      expect(statements).to.have.length(3);
    });
});
