import { orderCreated } from '@event-sync/contracts/events/order-created.ts';

/** Which events lie in the queue. */
export interface Load {
  readonly messages: number;
  /** The events are spread over so many customers, with the ids from 1 on. */
  readonly customers: number;
  /**
   * Every event lies there twice, some batches apart: half of all messages are duplicates. But for the last message,
   * whose event is new, and whose count shows that all before it are done.
   */
  readonly twice?: boolean;
}

/** Events between the first delivery of one and the second: more than a batch, or two that meet in one cost nothing. */
const apart = 10_000;

/** The nearest number of messages in which every event can be there twice. */
export const messagesInBlocks = (about: number) => Math.max(1, Math.round(about / (2 * apart))) * 2 * apart;

export const distinctEvents = ({ messages, twice }: Load) => (twice ? messages / 2 + 1 : messages);

/** The number of the event that the message with this number holds, both from 0. */
export function eventOf(message: number, { messages, twice }: Load): number {
  if (!twice) return message;
  if (message === messages - 1) return messages / 2;
  return Math.floor(message / (2 * apart)) * apart + (message % apart);
}

/** As the relay sends it: the id grows, as a UUID v7 does. About 400 bytes. */
export function bodyOf(event: number, { customers }: Load): string {
  const order = event + 1;
  return JSON.stringify({
    specversion: '1.0',
    source: '/order-service',
    id: idOf(event),
    event: orderCreated.event,
    version: orderCreated.version,
    timestamp: '2026-01-01T00:00:00.000Z',
    data: {
      order_id: order,
      customer_id: (event % customers) + 1,
      product_name: 'A product whose name is as long as names of products are'.padEnd(110, '.'),
      quantity: 1,
      price: '999.99',
      total_amount: '999.99',
      status: 'pending',
    },
  });
}

export function idOf(event: number): string {
  const time = (1_760_000_000_000 + event).toString(16).padStart(12, '0');
  const rest = (event * 2_654_435_761).toString(16).padStart(15, '0').slice(-15);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(3)}`;
}
