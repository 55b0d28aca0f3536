/**
 * Scripts that a program's container runs with the credentials that it has, each for one operation that is none of its
 * business. Each prints how its server refused that. All of them, in all variants: integration/denials.test.ts.
 */
const postgres = (statement: string, prefix = '') => `
  import pg from 'pg';
  import { readFileSync } from 'node:fs';
  const setting = (name) => process.env['${prefix}DATABASE_' + name];
  const [host, user, database] = ['HOST', 'USER', 'NAME'].map(setting);
  const client = new pg.Client({ host, user, database, password: readFileSync(setting('PASSWORD_FILE'), 'utf8') });
  await client.connect();
  await client.query(${JSON.stringify(statement)}).then(() => console.log('done'), ({ code }) => console.log(code));
  await client.end();`;

const rabbitmq = (call: string) => `
  import amqp from 'amqplib';
  import { readFileSync } from 'node:fs';
  const connection = await amqp.connect(readFileSync(process.env.RABBITMQ_URL_FILE, 'utf8'));
  const channel = await connection.createConfirmChannel();
  const ended = new Promise((resolve) => channel.on('error', ({ code }) => resolve(code)));
  const done = Promise.resolve(channel.${call}).then(() => channel.waitForConfirms()).then(() => 'done');
  console.log(await Promise.race([ended, done.catch(() => ended)]));
  await connection.close();`;

const redis = (url: string, command: string, ...parameters: string[]) => `
  import { Redis } from 'ioredis';
  import { readFileSync } from 'node:fs';
  const redis = new Redis(${url}, { enableReadyCheck: false, disableClientInfo: true });
  const call = redis.call(${[command, ...parameters].map((word) => JSON.stringify(word)).join(', ')});
  await call.then(() => console.log('done'), ({ message }) => console.log(message.split(' ')[0]));
  redis.disconnect();`;
const ownRedis = `readFileSync(process.env.REDIS_URL_FILE, 'utf8')`;

export interface Refusal {
  readonly service: string;
  /** What it wants. */
  readonly what: string;
  readonly script: string;
  /** How its server refuses that. */
  readonly answer: string;
}

export const refusals: readonly Refusal[] = [
  {
    service: 'order_service',
    what: 'to read the outbox',
    script: postgres('SELECT body FROM outbox'),
    answer: '42501',
  },
  {
    service: 'order_service',
    what: 'to connect to another database',
    script: postgres('SELECT 1')
      .replace('const [host, user, database]', `const [host, user, _, database = 'postgres']`)
      .replace(
        'await client.connect();',
        'await client.connect().catch(({ code }) => { console.log(code); process.exit(0); });',
      ),
    answer: '42501',
  },
  {
    service: 'outbox_relay',
    what: 'to read orders',
    script: postgres('SELECT price FROM orders'),
    answer: '42501',
  },
  {
    service: 'customer_web',
    what: 'to change a count',
    script: postgres('UPDATE customers SET orders_count = 0'),
    answer: '42501',
  },
  {
    service: 'customer_workers',
    what: 'to change a name',
    script: postgres("UPDATE customers SET name = 'Another'"),
    answer: '42501',
  },
  {
    service: 'outbox_relay',
    what: 'to take events',
    script: rabbitmq(`get('order_events_queue')`),
    answer: '403',
  },
  {
    service: 'customer_workers',
    what: 'to publish events',
    script: rabbitmq(`publish('events', 'order.created', Buffer.from('{}'))`),
    answer: '403',
  },
  {
    service: 'order_service',
    what: 'to empty the cache',
    script: redis(ownRedis, 'FLUSHALL'),
    answer: 'NOPERM',
  },
  {
    service: 'customer_web',
    what: 'to ask Redis without a login',
    script: redis(`'redis://redis:6379/0'`, 'GET', 'customer:1'),
    answer: 'NOAUTH',
  },
];

export const refusalsOfAuditor: readonly Refusal[] = [
  {
    service: 'auditor',
    what: 'to delete what waits in the outbox',
    // Its transactions are read-only unless it says otherwise, which is no more than a default.
    script: postgres('BEGIN READ WRITE; DELETE FROM outbox', 'ORDER_'),
    answer: '42501',
  },
  {
    service: 'auditor',
    what: 'to change a count',
    script: postgres('BEGIN READ WRITE; UPDATE customers SET orders_count = 0', 'CUSTOMER_'),
    answer: '42501',
  },
  {
    service: 'auditor',
    what: 'to publish events',
    script: rabbitmq(`publish('events', 'order.created', Buffer.from('{}'))`),
    answer: '403',
  },
  {
    service: 'auditor',
    what: 'to change the cache',
    script: redis(ownRedis, 'DEL', 'customer:1'),
    answer: 'NOPERM',
  },
];
