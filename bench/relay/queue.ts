import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { arrivalOf, exchange } from './events.ts';
import { arrivalOrder, type Arrival, type ArrivalOrder } from './inversions.ts';

/**
 * The one queue that all of them publish to. Durable and classic, as in the figures that this project began with; a
 * quorum queue makes every contender slower, the fast ones most.
 */
export class Queue {
  static readonly queueName = 'benchmark';
  readonly #connection: ChannelModel;
  readonly #channel: Channel;

  private constructor(connection: ChannelModel, channel: Channel) {
    this.#connection = connection;
    this.#channel = channel;
  }

  static async declare(url: string): Promise<Queue> {
    const connection = await amqp.connect(url);
    // Whoever waits for an answer is told by the call that fails.
    connection.on('error', () => {});
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.assertQueue(Queue.queueName, { durable: true, arguments: { 'x-queue-type': 'classic' } });
    await channel.bindQueue(Queue.queueName, exchange, '#');
    return new Queue(connection, channel);
  }

  /** Messages in it; answered by the queue itself and not by the management plugin, which lags by seconds. */
  async count(): Promise<number> {
    return (await this.#channel.checkQueue(Queue.queueName)).messageCount;
  }

  /** @returns how many messages were thrown away */
  async purge(): Promise<number> {
    return (await this.#channel.purgeQueue(Queue.queueName)).messageCount;
  }

  /** Hands over each message as it comes, in the queue's order, until the returned function is called. */
  async consume(onMessage: (content: Buffer) => void): Promise<() => Promise<unknown>> {
    const { consumerTag } = await this.#channel.consume(
      Queue.queueName,
      (message) => message && onMessage(message.content),
      { noAck: true },
    );
    return () => this.#channel.cancel(consumerTag);
  }

  /** Takes everything out. @returns in which order it lay there */
  async drain(): Promise<ArrivalOrder> {
    const waiting = await this.count();
    const arrivals: Arrival[] = [];
    if (waiting === 0) return arrivalOrder(arrivals);
    const channel = await this.#connection.createChannel();
    await new Promise<void>((resolve, reject) => {
      channel.on('error', reject);
      channel.on('close', () => reject(new Error('the channel was closed while the queue was drained')));
      channel
        .consume(
          Queue.queueName,
          (message) => {
            if (!message) return;
            arrivals.push(arrivalOf(message.content));
            if (arrivals.length >= waiting) resolve();
          },
          { noAck: true },
        )
        .catch(reject);
    });
    await channel.close();
    return arrivalOrder(arrivals);
  }

  async close(): Promise<void> {
    await this.#connection.close().catch(() => {});
  }
}

export async function brokerVersion(url: string): Promise<string> {
  const connection = await amqp.connect(url);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
}
