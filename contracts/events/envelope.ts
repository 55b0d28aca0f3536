import { z } from 'zod';

/** Any object, as it is. Not `z.record`, which copies it member by member: 1.8 us an envelope in place of 1.1. */
const anyObject = z.looseObject({});

/**
 * What every event's body looks like, whatever its type. Members that a reader does not know are ignored, so that an
 * emitter can add some without a new version.
 */
export const envelope = z.object({
  /** UUID v7, made with the outbox row: the id by which a consumer drops duplicates. */
  id: z.uuid(),
  event: z.string().min(1),
  version: z.number().int().min(1),
  /** ISO 8601, UTC: when the change was made. */
  timestamp: z.iso.datetime(),
  data: anyObject,
});

/**
 * The body that the replaced system sent: no `id` and no `version`. Its dedupe key is derived, see the consumer.
 * `timestamp` was written by Rails in several forms and is not read.
 */
export const legacyEnvelope = z.object({
  id: z.undefined().optional(),
  version: z.undefined().optional(),
  event: z.string().min(1),
  data: anyObject,
});

/** What an emitter and a consumer of one type of event agree on. */
export interface EventContract {
  /** The `event` member of the body, and the AMQP `type`. */
  readonly event: string;
  /** Counts up when a reader of the version before could misread the data. */
  readonly version: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly data: z.ZodType;
  /**
   * Of an event that the replaced system sent, without an id: what tells one such event from the other, so that an id can
   * be made of it. A contract without it takes no message without an id.
   */
  legacyKeyOf?(this: void, data: object): string;
}
