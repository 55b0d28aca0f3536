import { RabbitmqManagement } from '@event-sync/stack/rabbitmq-management.ts';
import amqp, { type Channel, type ChannelModel, type ConsumeMessage, type GetMessage } from 'amqplib';
import { expect } from 'chai';
import { eventually } from './eventually.ts';

/** What a test sees of RabbitMQ: straight through amqplib and the management API, past everything that is tested. */
export class Rabbit {
  readonly url: string;
  readonly #management: RabbitmqManagement;
  readonly #vhost: string;
  #connection: ChannelModel | undefined;

  constructor(options: { url: string; managementUrl: string; vhost: string }) {
    this.url = options.url;
    this.#management = new RabbitmqManagement(options.managementUrl);
    this.#vhost = options.vhost;
  }

  /** A channel of its own: a failed passive declaration closes the channel that it was made on. */
  async #withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    if (!this.#connection) {
      const connection = await amqp.connect(this.url);
      connection.on('error', () => {});
      connection.on('close', () => {
        if (this.#connection === connection) this.#connection = undefined;
      });
      this.#connection = connection;
    }
    const channel = await this.#connection.createChannel();
    channel.on('error', () => {});
    try {
      return await work(channel);
    } finally {
      await channel.close().catch(() => {});
    }
  }

  /** Messages that are ready in a queue; those that a consumer holds unacknowledged do not count. */
  async ready(queue: string): Promise<number> {
    return this.#withChannel(async (channel) => (await channel.checkQueue(queue)).messageCount);
  }

  async consumers(queue: string): Promise<number> {
    return this.#withChannel(async (channel) => (await channel.checkQueue(queue)).consumerCount);
  }

  async publish(
    exchange: string,
    routingKey: string,
    content: string,
    options: Parameters<Channel['publish']>[3] = {},
  ): Promise<void> {
    await this.publishAll(exchange, routingKey, [content], options);
  }

  /** In this order, over one channel; resolves when all are confirmed. */
  async publishAll(
    exchange: string,
    routingKey: string,
    contents: readonly string[],
    options: Parameters<Channel['publish']>[3] = {},
  ): Promise<void> {
    if (!this.#connection) await this.#withChannel(async () => {});
    const channel = await this.#connection!.createConfirmChannel();
    for (const content of contents) {
      channel.publish(exchange, routingKey, Buffer.from(content, 'latin1'), { persistent: true, ...options });
    }
    await channel.waitForConfirms();
    await channel.close();
  }

  /** Takes every message out of a queue, oldest first. */
  async drain(queue: string): Promise<GetMessage[]> {
    return this.#withChannel(async (channel) => {
      const messages: GetMessage[] = [];
      for (;;) {
        const message = await channel.get(queue, { noAck: true });
        if (!message) return messages;
        messages.push(message);
      }
    });
  }

  /** Hands every message to `onMessage`, acknowledged at once, until the returned function is called. */
  async consume(queue: string, onMessage: (message: ConsumeMessage) => void): Promise<() => Promise<void>> {
    const connection = await amqp.connect(this.url);
    connection.on('error', () => {});
    const channel = await connection.createChannel();
    await channel.consume(queue, (message) => message && onMessage(message), { noAck: true });
    return () => connection.close();
  }

  async declare(work: (channel: Channel) => Promise<unknown>): Promise<void> {
    await this.#withChannel(work);
  }

  async createVhost(): Promise<void> {
    await this.management('PUT', `/api/vhosts/${this.#vhost}`, {});
    await this.management('PUT', `/api/permissions/${this.#vhost}/guest`, {
      configure: '.*',
      write: '.*',
      read: '.*',
    });
  }

  async deleteVhost(): Promise<void> {
    await this.#connection?.close().catch(() => {});
    this.#connection = undefined;
    await this.management('DELETE', `/api/vhosts/${this.#vhost}`);
  }

  /** Ends every connection to this virtual host, as an operator or a failing network would. */
  async closeAllConnections(): Promise<number> {
    return this.#close(await this.#management.connections(this.#vhost));
  }

  /** Those of the processes with this name. The list lags by some seconds: resolves when there were any in it. */
  async closeConnections(of: 'outbox-relay' | 'customer-worker'): Promise<void> {
    await eventually(async () => {
      const closed = await this.#close(await this.#management.connections(this.#vhost, of));
      expect(closed, `connections of ${of}`).to.be.greaterThan(0);
    });
  }

  /** The connection over which a queue is consumed, and no other of the same process. The list lags here, too. */
  async closeConsumingConnection(queue: string): Promise<void> {
    await eventually(async () => {
      const consumers = (await this.management('GET', `/api/consumers/${this.#vhost}`)) as {
        queue: { name: string };
        channel_details: { connection_name: string };
      }[];
      const connections = consumers
        .filter((each) => each.queue.name === queue)
        .map((each) => each.channel_details.connection_name);
      expect(await this.#close(connections), `connections that consume ${queue}`).to.equal(1);
    });
  }

  /** @returns how many were still there. */
  async #close(connections: readonly string[]): Promise<number> {
    let closed = 0;
    for (const name of connections) if (await this.#management.closeConnection(name)) closed++;
    return closed;
  }

  /** By a policy: the queue holds so many messages and refuses more, until the returned function is called. */
  async limitQueue(queue: string, maxLength: number): Promise<() => Promise<void>> {
    const policy = `/api/policies/${this.#vhost}/limit`;
    await this.management('PUT', policy, {
      pattern: `^${queue}$`,
      'apply-to': 'queues',
      definition: { 'max-length': maxLength, overflow: 'reject-publish' },
    });
    return async () => void (await this.management('DELETE', policy));
  }

  /** What was bound to `instead` goes into a queue of the name `full`, which refuses more than so many messages. */
  async routeToFullQueue(routingKey: string, { instead, maxLength }: { instead: string; maxLength: number }) {
    await this.declare(async (channel) => {
      await channel.assertQueue('full', {
        durable: true,
        arguments: { 'x-queue-type': 'classic', 'x-max-length': maxLength, 'x-overflow': 'reject-publish' },
      });
      await channel.unbindQueue(instead, 'events', routingKey);
      await channel.bindQueue('full', 'events', routingKey);
    });
  }

  async management(method: string, path: string, body?: object): Promise<unknown> {
    return (await this.#management.request(method, path, body)).body;
  }
}
