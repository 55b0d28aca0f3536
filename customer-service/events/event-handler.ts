import type { Knex } from 'knex';
import type { ReceivedEvent } from './delivery.ts';

/** What one type of event does to customers. Works on sets: one statement for a whole batch. */
export interface EventHandler<Data> {
  /** The id of the customer whom the event is about. */
  subjectOf(this: void, data: Data): string;
  /**
   * Applies events that were never applied before. @returns the version of each customer that was changed; a customer
   * that is not in it does not exist, and its events are tried again later.
   */
  apply(
    this: void,
    trx: Knex.Transaction,
    events: readonly ReceivedEvent<Data>[],
  ): Promise<Map<string, string>>;
}
