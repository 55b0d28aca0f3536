import { z } from 'zod';
import { catalogue } from './events/catalogue.ts';
import { envelope, type EventContract } from './events/envelope.ts';

/** The AsyncAPI 3.0 document of the events, from the catalogue and from nothing else. */
export function asyncApiDocument() {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Event Sync: the events',
      version: '1.0.0',
      description:
        'Published to RabbitMQ at least once, in the order of the commits of one ordering key. A reader drops what has an id that it knows, and ignores members that it does not know.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(catalogue.map((event) => [nameOf(event), channelOf(event)])),
    operations: Object.fromEntries(
      catalogue.flatMap((event) =>
        (['send', 'receive'] as const).map((action) => [
          `${action}_${nameOf(event)}`,
          operationOf(event, action),
        ]),
      ),
    ),
    components: { messages: Object.fromEntries(catalogue.map((event) => [nameOf(event), messageOf(event)])) },
  };
}

/** Versions of one event stand beside each other. */
const nameOf = ({ event, version }: EventContract) => (version === 1 ? event : `${event}_v${version}`);

const channelOf = (event: EventContract) => ({
  address: event.routingKey,
  messages: { [nameOf(event)]: { $ref: `#/components/messages/${nameOf(event)}` } },
  bindings: {
    amqp: {
      is: 'routingKey',
      exchange: { name: event.exchange, type: 'topic', durable: true, autoDelete: false },
      bindingVersion: '0.3.0',
    },
  },
});

const operationOf = (event: EventContract, action: 'send' | 'receive') => ({
  action,
  channel: { $ref: `#/channels/${nameOf(event)}` },
  messages: [{ $ref: `#/channels/${nameOf(event)}/messages/${nameOf(event)}` }],
  ...(action === 'send'
    ? { summary: 'The relay, once the transaction that wrote the event has committed.' }
    : { summary: 'Whoever binds a queue to the exchange.' }),
});

const messageOf = ({ event, version, data }: EventContract) => ({
  name: event,
  contentType: 'application/json',
  headers: {
    type: 'object',
    description:
      'AMQP properties: `message_id` is the id, `type` the event. CloudEvents 1.0 attributes are headers, as `cloudEvents:id`.',
    properties: { traceparent: { type: 'string', description: 'W3C trace context of the request.' } },
  },
  payload: jsonSchemaOf(envelope.extend({ event: z.literal(event), version: z.literal(version), data })),
});

/** As OpenAPI documents of these schemas have it: `override` says what zod cannot know. */
function jsonSchemaOf(schema: z.ZodType) {
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, {
    io: 'input',
    // A bigint: what is written in its place stands in `override`.
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      const { override, ...rest } = made as Record<string, unknown>;
      for (const name of Object.keys(made)) delete (made as Record<string, unknown>)[name];
      // `undefined` in it takes a member out.
      const merged = Object.entries({ ...rest, ...(override as object | undefined) });
      Object.assign(made, Object.fromEntries(merged.filter(([, value]) => value !== undefined)));
    },
  });
  return jsonSchema;
}
