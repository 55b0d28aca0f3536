import {
  deadLetterQueue,
  orderEventsQueue,
  queueArguments,
  retryQueue,
} from '@event-sync/contracts/topology.ts';
import amqp, { type ChannelModel, type ConfirmChannel } from 'amqplib';
import { bodyOf, eventOf, idOf, type Load } from './messages.ts';

/** Messages after which the broker has to have confirmed before more are sent: its memory is not what is measured. */
const unconfirmed = 2_000;

/** The queue that the worker consumes, with the arguments that it has in service. */
export class OrdersQueue {
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;

  private constructor(connection: ChannelModel, channel: ConfirmChannel) {
    this.#connection = connection;
    this.#channel = channel;
  }

  static async declare(url: string): Promise<OrdersQueue> {
    const connection = await amqp.connect(url);
    // Whoever waits for an answer is told by the call that fails.
    connection.on('error', () => {});
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    for (const queue of [orderEventsQueue, retryQueue, deadLetterQueue] as const)
      await channel.assertQueue(queue, { durable: true, arguments: queueArguments[queue] });
    return new OrdersQueue(connection, channel);
  }

  /** Messages that wait to be delivered; those that a consumer holds are not among them. */
  async ready(): Promise<number> {
    return (await this.#channel.checkQueue(orderEventsQueue)).messageCount;
  }

  async deadLetters(): Promise<number> {
    return (await this.#channel.checkQueue(deadLetterQueue)).messageCount;
  }

  async purge(): Promise<void> {
    await this.#channel.purgeQueue(orderEventsQueue);
  }

  /** Returns when the broker has all of them. */
  async fill(load: Load, signal: AbortSignal): Promise<void> {
    for (let message = 0; message < load.messages; message++) {
      const event = eventOf(message, load);
      this.#channel.publish('', orderEventsQueue, Buffer.from(bodyOf(event, load)), {
        persistent: true,
        messageId: idOf(event),
        contentType: 'application/json',
      });
      if (message % unconfirmed === unconfirmed - 1) {
        signal.throwIfAborted();
        await this.#channel.waitForConfirms();
      }
    }
    await this.#channel.waitForConfirms();
  }

  async close(): Promise<void> {
    await this.#connection.close().catch(() => {});
  }
}
