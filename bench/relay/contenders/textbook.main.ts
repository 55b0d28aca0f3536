/**
 * The relay as articles describe it: a hundred rows in a transaction, each published with rascal as its README shows
 * (default pool of channels), all awaited together, then one statement for the batch.
 */
import type { EventEmitter } from 'node:events';
import pg from 'pg';
import rascal from 'rascal';
import { exchange, routingKey } from '../events.ts';
import { databaseConfig, required } from '../../contender-environment.ts';

const batch = 100;

interface Row {
  position: string;
  event_id: string;
  body: string;
}
interface Broker extends EventEmitter {
  publish(name: string, content: string, options: object): Promise<EventEmitter>;
}

const broker = (await rascal.BrokerAsPromised.create({
  vhosts: {
    '/': { connection: { url: required('RABBITMQ_URL') }, exchanges: { [exchange]: { type: 'topic' } } },
  },
  publications: { events: { vhost: '/', exchange, routingKey } },
})) as Broker;
broker.on('error', (error: Error) => {
  throw error;
});

async function publish(row: Row): Promise<void> {
  const publication = await broker.publish('events', row.body, {
    options: { persistent: true, messageId: row.event_id, contentType: 'application/json' },
  });
  await new Promise((resolve, reject) => publication.on('success', resolve).on('error', reject));
}

const client = new pg.Client(databaseConfig());
await client.connect();
for (;;) {
  await client.query('BEGIN');
  const { rows } = await client.query<Row>({
    name: 'claim',
    text: 'SELECT position, event_id, body::text FROM outbox ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED',
    values: [batch],
  });
  await Promise.all(rows.map(publish));
  await client.query({
    name: 'settle',
    text: 'DELETE FROM outbox WHERE position = ANY($1::bigint[])',
    values: [rows.map(({ position }) => position)],
  });
  await client.query('COMMIT');
  if (rows.length < batch) await new Promise((resolve) => setTimeout(resolve, 100));
}
