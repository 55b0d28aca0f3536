import { expect } from 'chai';
import { listOrders } from '@event-sync/order-service/orders/order-store.ts';
import { request } from './world/http.ts';
import { withKnex, World } from './world/world.ts';

const orders = 200_000;

/** A node of a plan, as `EXPLAIN (FORMAT JSON)` has it. */
interface Node {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly Node[];
}

describe(`the pages of a customer with ${orders} orders`, () => {
  let world: World;
  before(async () => {
    world = await World.create();
    await world.orderDb.query(
      `INSERT INTO orders (customer_id, product_name, quantity, price, total_amount, status)
       SELECT CASE WHEN n <= $1 THEN 1 ELSE 2 END, 'Laptop', 1, 9.99, 9.99, 'pending'
       FROM generate_series(1, 2 * $1::int) AS n`,
      [orders],
    );
    await world.orderDb.query('ANALYZE orders');
    await world.start('orderService');
  });
  after(() => world.destroy());

  /** What the statement of the list reads, as it is sent. */
  async function planOf(after: string | undefined): Promise<Node> {
    return withKnex(world.addresses.postgresOrder, async (knex) => {
      let sent: { sql: string; bindings: readonly unknown[] } | undefined;
      knex.on('query', (query: typeof sent) => (sent ??= query));
      await listOrders(knex, { customerId: '1', after, limit: 101 });
      const { rows } = await world.orderDb.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sent!.sql}`,
        [...sent!.bindings],
      );
      return rows[0]!['QUERY PLAN'][0].Plan;
    });
  }
  const blocks = (plan: Node) => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  const nodes = (plan: Node): Node[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

  it('each read a hundred entries of one index, the first as the last', async () => {
    const { rows } = await world.orderDb.query<{ id: string }>(
      'SELECT id FROM orders WHERE customer_id = 1 ORDER BY id DESC OFFSET 101 LIMIT 1',
    );
    const [first, last] = [await planOf(undefined), await planOf(rows[0]!.id)];
    for (const plan of [first, last]) {
      expect(nodes(plan).map((node) => node['Node Type'])).to.deep.equal(['Limit', 'Index Scan']);
      expect(nodes(plan)[1]!['Index Name']).to.equal('orders_by_customer');
      expect(plan['Actual Rows']).to.equal(101);
      expect(blocks(plan)).to.be.lessThan(30);
    }
  });

  it('are walked by their links from the end to where there is no next', async () => {
    const { rows } = await world.orderDb.query<{ id: string }>(
      'SELECT id FROM orders WHERE customer_id = 1 ORDER BY id DESC OFFSET 250 LIMIT 1',
    );
    let next: string | undefined = `/orders?customer_id=1&after=${rows[0]!.id}`;
    const sizes: number[] = [];
    while (next !== undefined) {
      const page = await request(world.url('orderService', next));
      sizes.push((page.body as unknown[]).length);
      next = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(sizes).to.deep.equal([100, 100, 50]);
  });
});
