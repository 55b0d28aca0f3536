import type { Delivery } from '@event-sync/platform/broker/queue-consumer.ts';

/** A message that was understood: which event it is, whom it is about, and the id by which duplicates are dropped. */
export interface ReceivedEvent<Data = unknown> {
  /** UUID in lower case. */
  readonly id: string;
  readonly type: string;
  readonly data: Data;
  /** When the change was made, if the message says so. */
  readonly timestamp: string | undefined;
  readonly delivery: Delivery;
}
