import type { ApiInfo } from '@event-sync/platform/openapi.ts';
import { identifier, jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { cutPage, linkHeader, maxLimit, pageQuery } from '@event-sync/platform/paging.ts';
import { reply, route, type Route } from '@event-sync/platform/route.ts';
import type pg from 'pg';
import { z } from 'zod';
import { findEvent, listParked, type FoundEvent } from '../outbox/find.ts';
import { replayBeginning } from '../outbox/replay-window.ts';
import { discard, replay } from '../outbox/replay.ts';
import { timeOfAWindow } from '../outbox/time-of-a-window.ts';

const eventId = z.uuid();
const operator = {
  who: z.string().trim().min(1).max(200).meta({ description: 'Who asks; written down.' }),
  why: z.string().trim().min(1).max(2_000).meta({ description: 'Why; written down.' }),
};
const ids = z.array(eventId).min(1).max(10_000);
/** Bytes: as many ids as may be, however they are laid out, with who and why. */
const bodyLimit = 1024 * 1024;
const event = z
  .object({
    event_id: eventId,
    state: z.enum(['waiting', 'parked', 'discarded', 'published']),
    position: identifier,
    ordering_key: z.string(),
    type: z.string(),
    version: z.int(),
    exchange: z.string(),
    routing_key: z.string(),
    created_at: z.iso.datetime(),
    since: z.iso.datetime().nullable().meta({ description: 'When it was parked, discarded or published.' }),
    attempts: z.int(),
    reason: z.string().nullable(),
    body: z.string().optional().meta({ description: 'The message, to the letter.' }),
  })
  .meta({ id: 'OutboxEvent' });
const changed = z.object({ event_ids: z.array(eventId) });
const window = { published_from: timeOfAWindow, published_to: timeOfAWindow };
const replayed = changed.extend({
  rest: z
    .object(window)
    .optional()
    .meta({ description: 'Of a window: what was not replayed yet. Ask again with it until there is none.' }),
});
export const adminApiInfo: ApiInfo = {
  title: 'Outbox administration',
  version: '1.0.0',
  description: 'Look at, replay and discard events.',
};

const tags = ['Outbox'];

export function adminRoutes({ pool }: { pool: pg.Pool }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/outbox/parked',
      operationId: 'listParked',
      summary: 'Events that cannot be published, oldest first',
      tags,
      query: z.strictObject(pageQuery),
      responses: { 200: { description: 'A page of them.', body: z.array(event), headers: linkHeader } },
      handler: async ({ query: { limit = maxLimit, after } }) => {
        const found = await listParked(pool, { limit: limit + 1, after });
        const page = cutPage(
          found.map((each) => ({ ...each, id: each.position })),
          limit,
          '/outbox/parked',
        );
        return reply(200, page.items.map(resourceOf), page.headers);
      },
    }),
    route({
      method: 'GET',
      path: '/outbox/events/:id',
      operationId: 'showEvent',
      summary: 'One event, in every place where it stands',
      tags,
      params: z.object({ id: eventId }),
      notFound: 'event-not-found',
      responses: { 200: { description: 'With its body.', body: z.array(event) } },
      problems: ['event-not-found'],
      handler: async ({ params: { id } }) => {
        const places = await findEvent(pool, id);
        if (places.length > 0) return reply(200, places.map(resourceOf));
        return {
          problem: 'event-not-found',
          detail: `There is no event ${id}: it was never written, or its retention is over.`,
        };
      },
    }),
    route({
      method: 'POST',
      path: '/outbox/replay',
      operationId: 'replay',
      summary: 'Put events back into the outbox',
      description:
        'By id (parked, discarded or published), everything that is parked, or what was published in a window of time. ' +
        'Of a window one call replays the beginning, about 10,000 events, and says what is left as `rest`.',
      tags,
      bodyLimit,
      body: z.union([
        z.strictObject({ ids, ...operator }),
        z.strictObject({ parked: z.literal('all'), ...operator }),
        z.strictObject({ ...window, ...operator }),
      ]),
      responses: { 200: { description: 'The events that are in the outbox now.', body: replayed } },
      handler: async ({ body }) => {
        if ('published_from' in body) {
          const asked = { publishedFrom: body.published_from, publishedTo: body.published_to };
          const { ids, rest } = await replayBeginning(pool, asked, body);
          return reply(200, {
            event_ids: ids,
            ...(rest && { rest: { published_from: rest.publishedFrom, published_to: rest.publishedTo } }),
          });
        }
        const selection = 'ids' in body ? { ids: body.ids } : { parked: body.parked };
        return reply(200, { event_ids: await replay(pool, selection, body) });
      },
    }),
    route({
      method: 'POST',
      path: '/outbox/discard',
      operationId: 'discard',
      summary: 'Give parked events up',
      description: 'They hold back nothing any more, and can be replayed until the retention is over.',
      tags,
      bodyLimit,
      body: z.union([
        z.strictObject({ ids, ...operator }),
        z.strictObject({ parked: z.literal('all'), ...operator }),
      ]),
      responses: { 200: { description: 'The events that were discarded.', body: changed } },
      handler: async ({ body }) => {
        const selection = 'ids' in body ? { ids: body.ids } : { parked: body.parked };
        return reply(200, { event_ids: await discard(pool, selection, body) });
      },
    }),
  ];
}

function resourceOf({ created_at, since, position, ...rest }: FoundEvent): z.input<typeof event> {
  return {
    event_id: rest.event_id,
    state: rest.state,
    position: jsonIdentifier(position),
    ordering_key: rest.ordering_key,
    type: rest.type,
    version: rest.version,
    exchange: rest.exchange,
    routing_key: rest.routing_key,
    created_at: created_at.toISOString(),
    since: since?.toISOString() ?? null,
    attempts: rest.attempts,
    reason: rest.reason,
    ...(rest.body === undefined ? {} : { body: rest.body }),
  };
}
