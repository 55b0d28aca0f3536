import type { Knex } from 'knex';
import { totalAmount, type NewOrder, type Order } from './order.ts';

export const orderColumns = [
  'id',
  'customer_id',
  'product_name',
  'quantity',
  'price',
  'total_amount',
  'status',
  'created_at',
  'updated_at',
] as const;

export async function insertOrder(trx: Knex.Transaction, order: NewOrder): Promise<Order> {
  const [inserted] = await trx<Order>('orders')
    .insert({ ...order, total_amount: totalAmount(order) })
    .returning([...orderColumns]);
  if (!inserted) throw new Error('the insert of an order returned no row');
  return inserted;
}

export async function findOrder(knex: Knex, id: string): Promise<Order | undefined> {
  return knex<Order>('orders')
    .where({ id })
    .first(...orderColumns);
}

/**
 * A customer's orders, oldest first. Reads along the index (customer_id, id), so every page costs the same. With
 * `customer_id = X ORDER BY id` Postgres may take the primary key in its place, if X has a good part of all orders, and
 * then wades through everybody else's that come after: 200,000 rows for a last page. Compared as a pair, and ordered by
 * it, only that index will do. See docs/decisions/0011.
 */
export async function listOrders(
  knex: Knex,
  { customerId, after = '0', limit }: { customerId: string; after?: string | undefined; limit: number },
): Promise<Order[]> {
  return knex<Order>('orders')
    .whereRaw('(customer_id, id) > (?::bigint, ?::bigint)', [customerId, after])
    .where('customer_id', '<=', customerId)
    .orderBy(['customer_id', 'id'])
    .limit(limit)
    .select(...orderColumns);
}
