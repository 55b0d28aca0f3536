import type { Delivery } from '@event-sync/platform/broker/queue-consumer.ts';
import type { Knex } from 'knex';

/**
 * What one type of event does to customers. Works on sets: one statement for a whole batch.
 *
 * Effects must commute. Events of one customer arrive in the order of their commits, but a batch is applied by one handler
 * after the other, and an event that is tried again later is overtaken: adding to a count is safe, overwriting by what an
 * event says needs a version or a time to compare.
 */
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
