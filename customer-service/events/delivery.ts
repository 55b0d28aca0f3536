import type { AckOrNack } from '@event-sync/platform/broker/rascal-broker.ts';
import type { ConsumeMessage } from 'amqplib/callback_api';

/** A message as the broker handed it over, and the way to acknowledge it. */
export interface Delivery {
  readonly message: ConsumeMessage;
  readonly ackOrNack: AckOrNack;
}

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
