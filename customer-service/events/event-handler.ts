import type { Delivery } from '@event-sync/platform/broker/queue-consumer.ts';
import type { Knex } from 'knex';

/** What one type of event does to customers. Works on sets: one statement for a whole batch. */
export interface EventHandler<Data, Kept> {
  /** What `apply` needs of the data, and no more: thousands of events wait in memory at once. */
  keep(this: void, data: Data): Kept;
  /** The id of the customer whom the event is about. */
  subjectOf(this: void, data: Kept): string;
  /**
   * Applies events that were never applied before. @returns the version of each customer that was changed; a customer
   * that is not in it does not exist, and its events are tried again later.
   */
  apply(
    this: void,
    trx: Knex.Transaction,
    events: readonly ReceivedEvent<Kept>[],
  ): Promise<Map<string, string>>;
}

/** A message that was understood: which event it is, who applies it, and the id by which duplicates are dropped. */
export interface ReceivedEvent<Kept = unknown> {
  /** UUID in lower case. */
  readonly id: string;
  readonly handler: EventHandler<unknown, unknown>;
  /** What the handler keeps of the data. */
  readonly data: Kept;
  /** When the change was made, in milliseconds since 1970, if the message says so. */
  readonly changedAt: number | undefined;
  readonly delivery: Delivery;
}
