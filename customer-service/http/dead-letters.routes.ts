import type { ApiInfo } from '@event-sync/platform/openapi.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { maxLimit, pageQuery } from '@event-sync/platform/paging.ts';
import { reply, route, type Route } from '@event-sync/platform/route.ts';
import { z } from 'zod';
import { DeadLetters, type DeadLetter, type Taken } from '../events/dead-letters.ts';
import type { DiscardedEvents } from '../events/discarded-events.ts';

export const deadLetterApiInfo: ApiInfo = {
  title: 'Dead letter administration',
  version: '1.0.0',
  description: 'Look at, replay and discard messages that could not be applied.',
};

const tags = ['Dead letters'];
const deadLetter = z
  .object({
    id: z.string().nullable().meta({
      description:
        'The id of the message, or one that we gave it, by which it can be named here; what RabbitMQ or somebody else put there may have none.',
    }),
    reason: z.string(),
    explanation: z.string().nullable(),
    since: z.string().nullable().meta({ description: 'When it became a dead letter, if it says so.' }),
  })
  .meta({ id: 'DeadLetter' });
const whole = deadLetter
  .extend({
    headers: z.record(z.string(), z.unknown()),
    body: z.string().meta({ description: 'As UTF-8.' }),
  })
  .meta({ id: 'WholeDeadLetter' });
/** AMQP gives an id 255 bytes at the most. */
const messageId = z.string().min(1).max(255);
/** Bytes: as many ids as may be, of that length, unless they are written in escapes. */
const bodyLimit = 4 * 1024 * 1024;
const oneOf = <More extends z.ZodRawShape>(more: More) =>
  z.union([
    z.strictObject({ ids: z.array(messageId).min(1).max(10_000), ...more }),
    z.strictObject({ reason: z.string().min(1), ...more }),
    z.strictObject({ all: z.literal(true), ...more }),
  ]);
const operator = {
  who: z.string().trim().min(1).max(200).optional().meta({ description: 'Who asks; written down.' }),
  why: z.string().trim().min(1).max(2_000).optional().meta({ description: 'Why; written down.' }),
};
/** So many at once: each is a round trip or two, and the answer comes when all of them are done. */
const takenAtOnce = 250;
const taken = z.object({
  count: z.int(),
  ids: z
    .array(z.string().nullable())
    .meta({ description: 'Of those that were taken; ids that are not there are left out.' }),
  more: z.boolean().meta({
    description: `${takenAtOnce} were taken, as many as one request may: send it again for the rest.`,
  }),
});
const replayed = taken.extend({
  before: z.iso.datetime().meta({
    description: 'When the first request came. Sent again with the next, it leaves out what has come back.',
  }),
});

/** What `npm run dead-letters` does, for programs. Each request has a connection of its own. */
export function deadLetterRoutes({
  rabbitmqUrl,
  discarded,
}: {
  rabbitmqUrl: string;
  discarded: DiscardedEvents;
}): Route[] {
  const withLetters = async <T>(work: (letters: DeadLetters) => Promise<T>): Promise<T> => {
    const letters = await DeadLetters.open(rabbitmqUrl, discarded);
    try {
      return await work(letters);
    } finally {
      await letters.close();
    }
  };

  const list = route({
    method: 'GET',
    path: '/dead-letters',
    operationId: 'listDeadLetters',
    summary: 'Messages that could not be applied, oldest first',
    tags,
    query: z.strictObject({ limit: pageQuery.limit }),
    responses: { 200: { description: 'The first of them.', body: z.array(deadLetter) } },
    handler: async ({ query: { limit = maxLimit } }) => {
      const found: DeadLetter[] = [];
      await withLetters((letters) => letters.look((letter) => found.push(letter) < limit));
      return reply(200, found.map(resourceOf));
    },
  });

  const show = route({
    method: 'GET',
    path: '/dead-letters/:id',
    operationId: 'showDeadLetter',
    summary: 'One of them, with its headers and its body',
    tags,
    params: z.object({ id: z.string().min(1) }),
    notFound: 'event-not-found',
    responses: { 200: { description: 'The message.', body: whole } },
    handler: async ({ params: { id } }) => {
      let found: DeadLetter | undefined;
      await withLetters((letters) =>
        letters.look((letter) => {
          if (letter.id === id) found = letter;
          return found === undefined;
        }),
      );
      if (!found)
        return {
          problem: 'event-not-found',
          detail: 'There is no dead letter with this id, unless somebody else looks at it at this moment.',
        };
      const { properties, content } = found.message;
      return reply(200, {
        ...resourceOf(found),
        headers: properties.headers ?? {},
        body: content.toString(),
      });
    },
  });

  const taken200 = { 200: { description: 'What was taken out of the dead letters.', body: taken } };
  const told = ({ ids, more }: Taken, log: Logger, what: string) => {
    log.info({ ids, more }, `dead letters: ${what}`);
    return { count: ids.length, ids: ids.map((id) => id ?? null), more };
  };

  const replay = route({
    method: 'POST',
    path: '/dead-letters/replay',
    operationId: 'replayDeadLetters',
    summary: 'Put them back into the queue, where they are tried as if they were new',
    tags,
    bodyLimit,
    body: oneOf({
      before: z.iso
        .datetime()
        .optional()
        .meta({ description: 'Only what was a dead letter before that time.' }),
    }),
    bodyExample: { reason: 'customer-not-found' },
    responses: { 200: { description: 'What was taken out of the dead letters.', body: replayed } },
    handler: async ({ body, context: { log } }) => {
      const before = body.before ?? new Date().toISOString();
      const options = { limit: takenAtOnce, before: new Date(before) };
      const result = await withLetters((letters) => letters.replay(body, options));
      return reply(200, { ...told(result, log, 'replay'), before });
    },
  });

  const discard = route({
    method: 'POST',
    path: '/dead-letters/discard',
    operationId: 'discardDeadLetters',
    summary: 'Throw them away for good',
    description: 'Each is written down first, so that the audit knows that it is not to be counted.',
    tags,
    bodyLimit,
    body: oneOf(operator),
    bodyExample: { reason: 'not-json', why: 'sent by a test' },
    responses: taken200,
    handler: async ({ body, context: { log } }) =>
      reply(
        200,
        told(await withLetters((letters) => letters.discard(body, body, takenAtOnce)), log, 'discard'),
      ),
  });

  return [list, replay, discard, show];
}

const resourceOf = ({ id, reason, explanation, at }: DeadLetter): z.input<typeof deadLetter> => ({
  id: id ?? null,
  reason,
  explanation: explanation ?? null,
  since: at ?? null,
});
