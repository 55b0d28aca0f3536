import { identifier, jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import type { Hint } from '@event-sync/outbox/hint.ts';
import { cutPage, linkHeader, maxLimit, pageQuery } from '@event-sync/platform/paging.ts';
import { contentTag } from '@event-sync/platform/conditional-request.ts';
import { answerOnce } from '@event-sync/platform/idempotency/answer-once.ts';
import {
  idempotencyKeyHeader,
  idempotencyProblems,
  replayedHeader,
} from '@event-sync/platform/idempotency/idempotency-key.ts';
import type { ApiInfo } from '@event-sync/platform/openapi.ts';
import type { ProblemReply } from '@event-sync/platform/problem.ts';
import { reply, route, type Route } from '@event-sync/platform/route.ts';
import type { Knex } from 'knex';
import { Counter, type Registry } from 'prom-client';
import { z } from 'zod';
import type { CustomerDirectory } from '../customers/customer-directory.ts';
import { findOrder, listOrders } from '../orders/order-store.ts';
import type { NewOrder, Order } from '../orders/order.ts';
import { placeOrder } from '../orders/place-order.ts';
import { OrderWriter } from '../orders/order-writer.ts';
import { storeOrder, storeOrders, type StoredOrder } from '../orders/store-order.ts';
import { orderBody, orderResource } from './order-body.ts';

export interface OrderRoutesOptions {
  readonly knex: Knex;
  readonly customers: CustomerDirectory;
  readonly hint: Hint;
  readonly metrics: Registry;
  /** For how long an `Idempotency-Key` has its answer. */
  readonly idempotencyHours: number;
}

export const orderApiInfo: ApiInfo = {
  title: 'Order service',
  version: '1.0.0',
  description:
    'Takes orders. Each one that is answered with 201 is counted exactly once at its customer. Its events are described in `/asyncapi.json`.',
};

const tags = ['Orders'];

export function orderRoutes({
  knex,
  customers,
  hint,
  metrics,
  idempotencyHours,
}: OrderRoutesOptions): Route[] {
  const asked = new Counter({
    name: 'orders_total',
    help: 'Valid orders that were asked for, by what came of them.',
    labelNames: ['outcome'],
    registers: [metrics],
  });

  const writer = new OrderWriter((orders) => storeOrders(knex, orders));

  const create = route({
    method: 'POST',
    path: '/orders',
    operationId: 'placeOrder',
    summary: 'Place an order',
    description: 'The order and the event that tells of it are stored together, or neither is.',
    tags,
    headers: z.object(idempotencyKeyHeader),
    body: orderBody,
    bodyExample: {
      order: { customer_id: 1, product_name: 'Laptop', quantity: 1, price: 999.99, status: 'pending' },
    },
    responses: {
      201: {
        description: 'The order was stored and will be counted exactly once.',
        body: orderResource,
        headers: {
          Location: 'Where the order is.',
          'Event-Id': 'The id of its `order_created` event.',
          ...replayedHeader,
        },
      },
    },
    problems: ['unknown-customer', 'customer-undecided', ...idempotencyProblems],
    handler: async ({ body: { order: newOrder }, headers, context }) => {
      const { client } = context;
      const keyed = {
        ...{ key: headers['Idempotency-Key'], client, operation: 'placeOrder', request: newOrder },
        retentionHours: idempotencyHours,
      };
      return answerOnce(knex, keyed, async (keeping) => {
        const store = keeping
          ? (order: NewOrder) => keeping((trx) => storeOrder(trx, order, context), created)
          : (order: NewOrder) => writer.store({ order, traceparent: context.traceparent });
        const outcome = await placeOrder({ customers, hint, store }, newOrder);
        asked.inc({ outcome: outcome.kind });
        switch (outcome.kind) {
          case 'placed': {
            const { id: order_id, customer_id } = outcome.order;
            context.log.info({ event_id: outcome.eventId, order_id, customer_id }, 'order placed');
            return created(outcome);
          }
          case 'customer-not-found':
            return customerNotFound(newOrder.customer_id);
          case 'undecided':
            return customerUndecided(newOrder.customer_id);
        }
      });
    },
  });

  const list = route({
    method: 'GET',
    path: '/orders',
    operationId: 'listOrders',
    summary: "A customer's orders, oldest first",
    tags,
    query: z.strictObject({ customer_id: identifier, ...pageQuery }),
    responses: {
      200: { description: 'One page of orders.', body: z.array(orderResource), headers: linkHeader },
    },
    problems: ['missing-parameter'],
    handler: async ({ query: { customer_id: customerId, after, limit = maxLimit } }) => {
      const found = await listOrders(knex, { customerId, after, limit: limit + 1 });
      const { items, headers } = cutPage(found, limit, '/orders', { customer_id: customerId });
      return reply(200, items.map(resourceOf), headers);
    },
  });

  const show = route({
    method: 'GET',
    path: '/orders/:id',
    operationId: 'showOrder',
    summary: 'One order',
    tags,
    params: z.object({ id: identifier }),
    notFound: 'order-not-found',
    responses: {
      200: {
        description: 'The order.',
        body: orderResource,
        headers: { ETag: 'Changes with the order.' },
      },
    },
    handler: async ({ params: { id } }) => {
      const order = await findOrder(knex, id);
      if (order) {
        const resource = resourceOf(order);
        return reply(200, resource, { ETag: contentTag(JSON.stringify(resource)) });
      }
      return { problem: 'order-not-found', detail: `There is no order ${id}: check the id.` };
    },
  });

  return [create, list, show];
}

/** The answer to an order that was stored. */
export const created = ({ order, eventId }: StoredOrder) =>
  reply(201, resourceOf(order), { Location: `/orders/${order.id}`, 'Event-Id': eventId });

const customerNotFound = (id: string): ProblemReply => ({
  problem: 'unknown-customer',
  detail: `There is no customer ${id}, so the order was not stored: create the customer first.`,
  errors: [`customer_id must be that of a customer: there is no customer ${id}`],
});

const customerUndecided = (id: string): ProblemReply => ({
  problem: 'customer-undecided',
  detail: `Whether customer ${id} exists could not be found out, so the order was not stored: send it again shortly.`,
  headers: { 'Retry-After': '2' },
});

const resourceOf = (order: Order): z.input<typeof orderResource> => ({
  ...order,
  id: jsonIdentifier(order.id),
  customer_id: jsonIdentifier(order.customer_id),
  created_at: order.created_at.toISOString(),
  updated_at: order.updated_at.toISOString(),
});
