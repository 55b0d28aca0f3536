import { orderToldBy } from '@event-sync/contracts/events/order-created.ts';
import {
  deadLetterHeaders,
  deadLetterQueue,
  orderEventsQueue,
  ownMessageId,
  retryQueue,
} from '@event-sync/contracts/topology.ts';
import { lookIntoQueue } from '@event-sync/platform/broker/look-into-queue.ts';
import { parseExactJson } from '@event-sync/platform/exact-json.ts';
import amqp, { type ChannelModel, type GetMessage } from 'amqplib';

/** A dead letter, as far as it can be read. */
export interface DeadLetter {
  readonly id: string | undefined;
  readonly order: string | undefined;
  readonly customer: string | undefined;
  readonly reason: string;
}

export interface Queues {
  /** Messages that are ready, by queue; undefined for a queue that does not exist. */
  readonly ready: ReadonlyMap<string, number | undefined>;
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * What is in the queues, taking nothing. Asked of the broker itself, and not of its management API, which is minutes
 * behind at times and wants one more login.
 */
export async function lookAtQueues(url: string): Promise<Queues> {
  const connection = await amqp.connect(url, { timeout: 5_000, noDelay: true });
  connection.on('error', () => {});
  try {
    const ready = new Map<string, number | undefined>();
    for (const queue of [orderEventsQueue, retryQueue, deadLetterQueue]) {
      ready.set(queue, await readyIn(connection, queue));
    }
    const deadLetters: DeadLetter[] = [];
    // Also if there seems to be none: what a look has just given back is not counted at once.
    if (ready.get(deadLetterQueue) !== undefined) {
      const channel = await connection.createChannel();
      channel.on('error', () => {});
      await lookIntoQueue(channel, deadLetterQueue, (message) => deadLetters.push(letterOf(message)) > 0);
    }
    return { ready, deadLetters };
  } finally {
    await connection.close().catch(() => {});
  }
}

/** RabbitMQ closes the channel on which somebody asks for a queue that is not there: so one for each question. */
async function readyIn(connection: ChannelModel, queue: string): Promise<number | undefined> {
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  try {
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  } catch (error) {
    if ((error as { code?: number }).code === 404) return undefined;
    throw error;
  }
}

function letterOf({ content, properties }: GetMessage): DeadLetter {
  const json = parseExactJson(content);
  const body = (json.ok && typeof json.value === 'object' ? json.value : null) as Record<
    string,
    unknown
  > | null;
  const told = orderToldBy(body);
  const reason: unknown = properties.headers?.[deadLetterHeaders.reason];
  const id = typeof body?.id === 'string' && body.id !== '' ? body.id : ownMessageId(properties);
  return {
    id: id?.toLowerCase(),
    order: told?.order_id,
    customer: told?.customer_id,
    reason: typeof reason === 'string' ? reason : 'unknown',
  };
}
