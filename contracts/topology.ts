/**
 * The names of what RabbitMQ holds, and the arguments that every declaration of it has to repeat to the letter.
 * Exchange, queue and routing key are those of the replaced system.
 */
export const eventsExchange = 'events';
export const orderEventsQueue = 'order_events_queue';
/** Messages that could not be applied, each with headers that say why. */
export const deadLetterQueue = `${orderEventsQueue}.dead`;
/** Where a message waits before it is tried again because its customer is not there yet. */
export const retryQueue = `${orderEventsQueue}.retry`;

/**
 * Direct. Through it the worker puts messages aside, and an operator puts them back. Not the default exchange: the right
 * to write to that is the right to write to any queue, and this one is bound to the queues above and to no other.
 */
export const asideExchange = `${orderEventsQueue}.aside`;

/** How long a message waits in the retry queue, in milliseconds. */
export const retryDelayMs = 2_000;

/**
 * Quorum queues: the same declaration survives the loss of a node in a cluster. Dead-lettering by the broker (too many
 * deliveries) loses messages unless the strategy is at-least-once, which in turn needs reject-publish.
 * https://www.rabbitmq.com/docs/quorum-queues#dead-lettering
 */
export const queueArguments = {
  [orderEventsQueue]: {
    'x-queue-type': 'quorum',
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': deadLetterQueue,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
    'x-delivery-limit': 20,
  },
  [retryQueue]: {
    'x-queue-type': 'quorum',
    'x-message-ttl': retryDelayMs,
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': orderEventsQueue,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  },
  // RabbitMQ 4 drops what was handed out 20 times: a dead letter that people have looked at in the UI so often would be
  // gone. No limit (-1) is not known to RabbitMQ 3.
  [deadLetterQueue]: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 ** 31 - 1 },
} as const;

/** Headers of a message in the dead letter queue that the consumer put there. */
export const deadLetterHeaders = {
  /** One of a few stable words, for programs: see `DeadLetterReason`. */
  reason: 'x-dead-reason',
  /** A sentence, for people: what was wrong, with what, and what to do next. */
  explanation: 'x-dead-explanation',
  /** ISO 8601. */
  time: 'x-dead-time',
  /** How often it was tried. */
  attempts: 'x-dead-attempts',
  /** `true`: the message came without an id, and has one only because the publisher knows messages by it. */
  withoutId: 'x-dead-without-id',
} as const;

/** The id that its sender gave to a message. */
export function ownMessageId({
  messageId,
  headers,
}: {
  readonly messageId?: unknown;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}): string | undefined {
  if (typeof messageId !== 'string' || messageId === '' || headers?.[deadLetterHeaders.withoutId] === true)
    return undefined;
  return messageId;
}

/** Header of a message in the retry queue: how often it has been tried. */
export const attemptsHeader = 'x-attempts';

export type DeadLetterReason =
  | 'not-json'
  | 'wrong-envelope'
  | 'unknown-version'
  | 'invalid-data'
  | 'customer-not-found'
  | 'refused-by-database';
