/**
 * The consumer as articles describe it: each message is a transaction that inserts its id and adds one to the count,
 * then the customer is evicted from Redis, then the message is acknowledged. As many at once as rascal prefetches unless
 * it is told otherwise, each on a connection of its own.
 */
import { customerKey } from '@event-sync/contracts/customer.ts';
import { orderEventsQueue } from '@event-sync/contracts/topology.ts';
import { Redis } from 'ioredis';
import pg from 'pg';
import { databaseConfig, required } from '../../contender-environment.ts';
import { subscribe } from './subscribe.ts';

const prefetch = 10;
const pool = new pg.Pool({ ...databaseConfig(), max: prefetch });
const redis = new Redis(required('REDIS_URL'));

async function count(id: string, customer: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query({
      name: 'dedupe',
      text: 'INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING',
      values: [id],
    });
    if (rowCount === 1) {
      await client.query({
        name: 'count',
        text: 'UPDATE customers SET orders_count = orders_count + 1, version = version + 1, updated_at = now() WHERE id = $1',
        values: [customer],
      });
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  await redis.del(customerKey(String(customer)));
}

await subscribe({ queue: orderEventsQueue, prefetch }, (content, acknowledge) => {
  const { id, data } = content as { id: string; data: { customer_id: number } };
  void count(id, data.customer_id).then(acknowledge);
});
