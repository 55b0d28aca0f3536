/**
 * The order service but for one thing, which VARIANT names: HTTP, validation, customers and hints are its own, so that
 * a difference to it is that thing's.
 */
import { customerKey, customerTtlSeconds } from '@event-sync/contracts/customer.ts';
import { Hint, outboxChannel } from '@event-sync/outbox/hint.ts';
import { CustomerDirectory } from '@event-sync/order-service/customers/customer-directory.ts';
import { orderBody, orderResource } from '@event-sync/order-service/http/order-body.ts';
import { created } from '@event-sync/order-service/http/orders.routes.ts';
import { orderColumns } from '@event-sync/order-service/orders/order-store.ts';
import { totalAmount, type NewOrder, type Order } from '@event-sync/order-service/orders/order.ts';
import { OrderWriter } from '@event-sync/order-service/orders/order-writer.ts';
import { placeOrder } from '@event-sync/order-service/orders/place-order.ts';
import {
  storeOrder,
  storeOrders,
  type AskedOrder,
  type StoredOrder,
} from '@event-sync/order-service/orders/store-order.ts';
import { Breaker } from '@event-sync/platform/breaker.ts';
import { configOrExit, databaseSettings, httpUrl, port, redisSettings } from '@event-sync/platform/config.ts';
import { createHttpApp } from '@event-sync/platform/http-app.ts';
import { HttpServer } from '@event-sync/platform/http-server.ts';
import { runProcess } from '@event-sync/platform/lifecycle.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { createMetrics } from '@event-sync/platform/metrics.ts';
import { createKnex, knexComponent, queryPrepared } from '@event-sync/platform/postgres.ts';
import { createRedis, redisBreaker, redisComponent } from '@event-sync/platform/redis.ts';
import { route } from '@event-sync/platform/route.ts';
import { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { z } from 'zod';

const config = configOrExit({
  ...databaseSettings,
  ...redisSettings,
  CUSTOMER_SERVICE_URL: httpUrl,
  PORT: port(0),
  LOG_LEVEL: z.enum(['info', 'warn']).default('info'),
  VARIANT: z.enum(['textbook', 'order-without-outbox', 'without-customer-check']),
});
const logger = createLogger({ name: config.VARIANT, LOG_LEVEL: config.LOG_LEVEL, LOG_FORMAT: 'json' });
const metrics = createMetrics({ service: config.VARIANT });
const knex = createKnex(config, { logger, applicationName: config.VARIANT });
const redis = createRedis(config.REDIS_URL, { logger, name: config.VARIANT });
const directory = new CustomerDirectory({
  cache: new VersionedCache(
    { redis, breaker: redisBreaker({ logger, metrics }) },
    { key: customerKey, ttlSeconds: customerTtlSeconds },
  ),
  breaker: new Breaker({ name: 'customer-service', failures: 3, pauseMs: 2_000, logger, metrics }),
  customerServiceUrl: config.CUSTOMER_SERVICE_URL,
  logger,
});
const customers =
  config.VARIANT === 'without-customer-check' ? { exists: async () => 'exists' as const } : directory;
const hint = new Hint(() => knex.raw(`NOTIFY ${outboxChannel}`));

/** The statement of the service, but for the outbox. */
async function storeWithoutOutbox(asked: readonly AskedOrder[]): Promise<StoredOrder[]> {
  const orders = asked.map(({ order }) => order);
  const stored = await queryPrepared<Order & { number: string }>(knex, {
    name: 'orders-alone',
    text: `
      WITH asked AS MATERIALIZED (
        SELECT nextval('orders_id_seq') AS id, unnested.*
        FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::numeric[], $5::numeric[], $6::text[])
          WITH ORDINALITY AS unnested (customer_id, product_name, quantity, price, total_amount, status, number)
      ), placed AS (
        INSERT INTO orders (id, customer_id, product_name, quantity, price, total_amount, status)
        OVERRIDING SYSTEM VALUE
        SELECT id, customer_id, product_name, quantity, price, total_amount, status FROM asked
        RETURNING ${orderColumns.join(', ')}
      )
      SELECT placed.*, asked.number FROM placed JOIN asked USING (id)`,
    values: [
      orders.map(({ customer_id }) => customer_id),
      orders.map(({ product_name }) => product_name),
      orders.map(({ quantity }) => quantity),
      orders.map(({ price }) => price),
      orders.map((order) => totalAmount(order)),
      orders.map(({ status }) => status),
    ],
  });
  const eventId = '00000000-0000-0000-0000-000000000000';
  return stored
    .sort((a, b) => Number(a.number) - Number(b.number))
    .map(({ number: _, ...order }) => ({ order, eventId }));
}
const writer = new OrderWriter(
  config.VARIANT === 'order-without-outbox' ? storeWithoutOutbox : (orders) => storeOrders(knex, orders),
);
const store =
  config.VARIANT === 'textbook'
    ? (order: NewOrder) => knex.transaction((trx) => storeOrder(trx, order))
    : (order: NewOrder) => writer.store({ order });

const place = route({
  method: 'POST',
  path: '/orders',
  operationId: 'placeOrder',
  summary: 'Place an order',
  tags: ['Orders'],
  body: orderBody,
  responses: { 201: { description: 'The order was stored.', body: orderResource } },
  handler: async ({ body: { order }, context }) => {
    const outcome = await placeOrder({ customers, hint, store }, order);
    if (outcome.kind !== 'placed') throw new Error(outcome.kind);
    context.log.info({ event_id: outcome.eventId }, 'order placed');
    return created(outcome);
  },
});
const app = createHttpApp({
  info: { title: 'Variant', version: '1.0.0', description: config.VARIANT },
  routes: [place],
  checks: [],
  metrics,
  logger,
});
await runProcess(
  [
    knexComponent(knex),
    redisComponent(redis),
    new HttpServer(app, { host: '127.0.0.1', port: config.PORT, logger }),
  ],
  { logger },
);
