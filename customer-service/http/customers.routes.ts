import { customer } from '@event-sync/contracts/customer.ts';
import { identifier, jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { cutPage, linkHeader, maxLimit, pageQuery } from '@event-sync/platform/paging.ts';
import type { ApiInfo } from '@event-sync/platform/openapi.ts';
import { preferredWait } from '@event-sync/platform/prefer-wait.ts';
import {
  idempotencyKeyHeader,
  idempotencyProblems,
  replayedHeader,
} from '@event-sync/platform/idempotency/idempotency-key.ts';
import { answerOnce } from '@event-sync/platform/idempotency/answer-once.ts';
import { preconditionHeaders, type EntityTags } from '@event-sync/platform/conditional-request.ts';
import { preconditionFailed, reply, route, type Route } from '@event-sync/platform/route.ts';
import { text } from '@event-sync/platform/validation.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { AppliedEvents } from '../customers/applied-events.ts';
import { createCustomer, replaceCustomer } from '../customers/change-customer.ts';
import { resourceOf } from '../customers/customer-cache.ts';
import type { CustomerRow } from '../customers/customer.ts';
import { listCustomers } from '../customers/customer-store.ts';
import { longestWaitSeconds, showCustomer, showCustomerAfter } from '../customers/show-customer.ts';

export const customerApiInfo: ApiInfo = {
  title: 'Customer service',
  version: '1.0.0',
  description:
    'Customers, and how many orders each has: counted from events, each exactly once. The events are described in `/asyncapi.json`.',
};

const tags = ['Customers'];
const customerBody = z
  .strictObject({
    customer: z.strictObject({ name: text({ min: 2, max: 100 }), address: text({ min: 5, max: 255 }) }),
  })
  .meta({ id: 'CustomerDetails' });
const bodyExample = { customer: { name: 'Juan Pérez', address: 'Calle 123, Ciudad' } };

const customerResource = customer.meta({ id: 'Customer' });
const changed = z.object({ customer: customerResource, message: z.string() });
const entityTag = (version: string) => ({ ETag: `"${version}"` });
const etagHeader = { ETag: 'The version of the customer: it counts every change.' };
const params = z.object({ id: identifier });

const afterEvent = z.object({
  'Event-Id': z.uuid().toLowerCase().optional().meta({
    description: 'The `Event-Id` of an order: asks for the customer with that order counted.',
  }),
  Prefer: z
    .string()
    .optional()
    .meta({
      description: `With \`Event-Id\`: \`wait=2\` holds the answer until the event is applied, for 2 seconds at the most; never longer than ${longestWaitSeconds} (RFC 7240).`,
      example: 'wait=2',
    }),
});

export interface CustomerRoutesOptions {
  readonly knex: Knex;
  readonly cache: VersionedCache;
  readonly appliedEvents: AppliedEvents;
  /** For how long an `Idempotency-Key` has its answer. */
  readonly idempotencyHours: number;
}

export function customerRoutes({
  knex,
  cache,
  appliedEvents,
  idempotencyHours,
}: CustomerRoutesOptions): Route[] {
  const list = route({
    method: 'GET',
    path: '/customers',
    operationId: 'listCustomers',
    summary: 'Customers by id, with totals over all of them',
    tags,
    query: z.strictObject(pageQuery),
    responses: {
      200: {
        description: 'One page of customers; `count` and `total_orders` are of all customers.',
        body: z.object({ customers: z.array(customerResource), count: z.int(), total_orders: z.int() }),
        headers: linkHeader,
      },
    },
    handler: async ({ query: { after, limit = maxLimit } }) => {
      const found = await listCustomers(knex, { after, limit: limit + 1 });
      const { items, headers } = cutPage(found.customers, limit, '/customers');
      const totals = { count: jsonIdentifier(found.count), total_orders: jsonIdentifier(found.totalOrders) };
      return reply(200, { customers: items.map(resourceOf), ...totals }, headers);
    },
  });

  const show = route({
    method: 'GET',
    path: '/customers/:id',
    operationId: 'showCustomer',
    summary: 'One customer, with the number of its orders',
    description:
      'Orders are counted shortly after they are placed. Whoever has just placed one sends the `Event-Id` of its answer, and how long to wait for it.',
    tags,
    params,
    headers: afterEvent,
    notFound: 'customer-not-found',
    responses: {
      200: {
        description: 'The customer.',
        body: customerResource,
        headers: {
          ...etagHeader,
          'Event-Applied': 'If `Event-Id` was sent: `true` if that event has been applied, else `false`.',
          'Preference-Applied':
            'How long the answer would have waited for the event. Missing if it could not wait: 1,000 others do, or the process stops.',
        },
      },
    },
    handler: async ({ params: { id }, headers, context }) => {
      const eventId = headers['Event-Id'];
      if (eventId === undefined) {
        const shown = await showCustomer({ knex, cache, log: context.log }, id);
        if (shown) return reply(200, shown.resource, entityTag(shown.version));
      } else {
        const wanted = preferredWait(headers.Prefer);
        const wait = Math.min(wanted ?? 0, longestWaitSeconds);
        const { signal } = context;
        const shown = await showCustomerAfter({ knex, appliedEvents, signal }, id, eventId, wait);
        if (shown) {
          return reply(200, shown.resource, {
            ...entityTag(shown.version),
            'Event-Applied': String(shown.applied),
            ...(wanted === undefined || !shown.waited ? {} : { 'Preference-Applied': `wait=${wait}` }),
          });
        }
      }
      return {
        problem: 'customer-not-found',
        detail: `There is no customer ${id}: check the id, or create it with PUT /customers/${id}.`,
      };
    },
  });

  const put = route({
    method: 'PUT',
    path: '/customers/:id',
    operationId: 'putCustomer',
    summary: 'Create the customer with this id, or change it',
    tags,
    params,
    headers: z.object(preconditionHeaders),
    notFound: 'customer-not-found',
    body: customerBody,
    bodyExample,
    responses: {
      200: { description: 'It was changed.', body: changed, headers: etagHeader },
      201: {
        description: 'It was created.',
        body: changed,
        headers: { ...etagHeader, Location: 'Where it is.' },
      },
    },
    problems: ['precondition-failed'],
    handler: async ({ params: { id }, headers: conditions, body, context: { log } }) => {
      const outcome = await replaceCustomer({ knex, cache, log }, id, body.customer, {
        versions: versionsIn(conditions['If-Match']),
        absent: conditions['If-None-Match'] === '*',
      });
      if (outcome.kind === 'condition-failed') return preconditionFailed();
      const { kind, row } = outcome;
      const resource = resourceOf(row);
      const headers = entityTag(row.version);
      return kind === 'created'
        ? created(row)
        : reply(200, { customer: resource, message: 'Customer updated successfully' }, headers);
    },
  });

  const create = route({
    method: 'POST',
    path: '/customers',
    operationId: 'createCustomer',
    summary: 'Create a customer with the next free id',
    tags,
    headers: z.object(idempotencyKeyHeader),
    body: customerBody,
    bodyExample,
    responses: {
      201: {
        description: 'It was created.',
        body: changed,
        headers: { ...etagHeader, Location: 'Where it is.', ...replayedHeader },
      },
    },
    problems: idempotencyProblems,
    handler: async ({ body, headers, context: { log, client } }) => {
      const keyed = {
        ...{ key: headers['Idempotency-Key'], client, operation: 'createCustomer', request: body },
        retentionHours: idempotencyHours,
      };
      return answerOnce(knex, keyed, async (keeping) => {
        const dependencies = { knex, cache, log };
        const row = keeping
          ? await createCustomer(dependencies, body.customer, (work) => keeping(work, created))
          : await createCustomer(dependencies, body.customer);
        return created(row);
      });
    },
  });

  return [list, show, put, create];
}

const created = (row: CustomerRow) =>
  reply(
    201,
    { customer: resourceOf(row), message: 'Customer created successfully' },
    { ...entityTag(row.version), Location: `/customers/${row.id}` },
  );

/** A tag that is not ours, or weak, is the version of nothing. */
function versionsIn(tags: EntityTags | undefined): 'any' | string[] | undefined {
  if (tags === undefined) return undefined;
  if (tags === '*') return 'any';
  return tags.flatMap((tag) => identifier.safeParse(/^"([1-9][0-9]*)"$/.exec(tag)?.[1]).data ?? []);
}
