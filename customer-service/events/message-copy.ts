import { ownMessageId } from '@event-sync/contracts/topology.ts';
import type { Message } from 'amqplib';

/** What a copy of the message keeps besides its body and headers; what is not of its AMQP type is left out. */
export function copiedProperties({ properties }: Pick<Message, 'properties'>) {
  const { contentType, type, timestamp, correlationId } = properties as unknown as Record<string, unknown>;
  const messageId = ownMessageId(properties);
  return {
    ...strings({ contentType, type, correlationId }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
  };
}

/** Headers that are orders to the broker or to a client, and not the sender's own information. */
const meaningful =
  /^(x-death|x-(first|last)-death-.*|x-delivery-count|x-acquired-count|x-opt-.*|CC|BCC|rascal)$/i;

/**
 * A copy that carried them would be routed once more (`CC`: an endless loop of dead letters), be held back by the
 * broker as a cycle (`x-death`), or stop another client. They are kept as text under another name.
 */
export function harmless(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) =>
      meaningful.test(name)
        ? [`x-original-${name.slice(0, 100)}`, JSON.stringify(value).slice(0, 1_000)]
        : [name, value],
    ),
  );
}

function strings<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string')) as {
    [K in keyof T]?: string;
  };
}
