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

/** A customer's orders, oldest first. Reads along the index (customer_id, id): every page costs the same. */
export async function listOrders(
  knex: Knex,
  { customerId, after = '0', limit }: { customerId: string; after?: string | undefined; limit: number },
): Promise<Order[]> {
  return knex<Order>('orders')
    .where({ customer_id: customerId })
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .select(...orderColumns);
}
