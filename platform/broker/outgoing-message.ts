import type { Options } from 'amqplib/callback_api';

export interface OutgoingMessage {
  exchange: string;
  routingKey: string;
  /** Text is sent as UTF-8. */
  content: Buffer | string;
  /** Unique among the messages in flight: it ties a return to its message. */
  messageId: string;
  /** No others: what is not written into the frames of a batched message would be lost in silence. */
  properties: Pick<Options.Publish, 'contentType' | 'correlationId' | 'headers' | 'timestamp' | 'type'>;
}
