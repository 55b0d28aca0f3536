import type { OutgoingMessage } from '@event-sync/platform/broker/outgoing-message.ts';
import type { OutboxRow } from '../outbox/row.ts';
import { IsoTime } from './iso-time.ts';

/** AMQP 0-9-1 gives one byte to the length of a short string. */
const shortString = 255;

/** @returns why no broker would ever take the row, or undefined. */
export function unpublishable(row: OutboxRow, maxMessageBytes: number): string | undefined {
  for (const column of ['exchange', 'routing_key', 'type'] as const) {
    if (!mayExceed(row[column], shortString)) continue;
    const bytes = Buffer.byteLength(row[column]);
    if (bytes > shortString) return `${column} has ${bytes} bytes, and AMQP allows ${shortString}`;
  }
  if (!mayExceed(row.body, maxMessageBytes)) return undefined;
  const bytes = Buffer.byteLength(row.body);
  if (bytes > maxMessageBytes) return `the body has ${bytes} bytes, and the broker takes ${maxMessageBytes}`;
  return undefined;
}

/** Without counting them: a UTF-16 code unit becomes three bytes at the most. */
const mayExceed = (text: string, bytes: number) => text.length * 3 > bytes;

const isoTime = new IsoTime();

/**
 * The AMQP message of a row. The `cloudEvents:` headers are the binary content mode of the CloudEvents AMQP binding, so
 * that tools which speak CloudEvents 1.0 read it too.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md
 */
export function toMessage(row: OutboxRow, source: string): OutgoingMessage {
  return {
    exchange: row.exchange,
    routingKey: row.routing_key,
    content: row.body,
    messageId: row.event_id,
    properties: {
      type: row.type,
      contentType: 'application/json',
      timestamp: Math.floor(row.created_at / 1_000),
      headers: {
        traceparent: row.traceparent ?? undefined,
        'cloudEvents:specversion': '1.0',
        'cloudEvents:id': row.event_id,
        'cloudEvents:type': row.type,
        'cloudEvents:source': source,
        'cloudEvents:time': isoTime.of(row.created_at),
      },
    },
  };
}
