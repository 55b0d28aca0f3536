import type { Options } from 'amqplib/callback_api';

export interface OutgoingMessage {
  exchange: string;
  routingKey: string;
  content: Buffer;
  /** Unique among the messages in flight: it ties a return to its message. */
  messageId: string;
  properties: Omit<Options.Publish, 'messageId' | 'mandatory' | 'persistent'>;
}
