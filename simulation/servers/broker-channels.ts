import { EventEmitter } from 'node:events';
import { illegalOperation, type ConnectionSide, type Onlooker } from './broker-sides.ts';
import type { Message, Subscriber } from './queue.ts';

/** A channel of amqplib's callback API, with the broker's end of it. */
export abstract class ServedChannel extends EventEmitter {
  protected readonly connection: ConnectionSide;
  /** As the process sees it. */
  protected open = true;
  /** As the broker sees it. */
  protected served = true;

  constructor(connection: ConnectionSide) {
    super();
    this.connection = connection;
  }

  closeHere(): void {
    if (!this.open) return;
    this.open = false;
    this.abandon();
    this.emit('close');
  }

  closeAtBroker(): void {
    this.served = false;
  }

  /** Gives up what the broker still owes. */
  protected abandon(): void {}

  /** Whether the exchange is there: if not, the broker closes the channel. */
  checkExchange(exchange: string, done: (error: Error | null) => void): void {
    this.sendable();
    this.connection.toBroker.send(() => {
      if (!this.served) return;
      if (this.connection.broker.exchangeExists) this.connection.answer(() => done(null));
      else this.refuse({ code: 404, reason: `NOT_FOUND - no exchange '${exchange}'` });
    });
  }

  /** A broker closes the channel over a message, and does not say over which. */
  protected refuse({ code, reason }: { code: number; reason: string }): void {
    this.served = false;
    this.connection.answer(() => {
      if (!this.open) return;
      this.emit('error', Object.assign(new Error(reason), { code }));
      this.closeHere();
    });
  }

  protected sendable(): void {
    if (!this.open) throw illegalOperation('Channel closed');
  }
}

type Confirmed = (error: Error | null) => void;

export class ConfirmChannel extends ServedChannel {
  readonly #onlooker: Onlooker | undefined;
  readonly #unconfirmed = new Set<Confirmed>();

  constructor(connection: ConnectionSide, onlooker: Onlooker | undefined) {
    super(connection);
    this.#onlooker = onlooker;
  }

  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    properties: Message['properties'],
    confirmed: Confirmed,
  ): void {
    this.sendable();
    const { broker, toBroker } = this.connection;
    const { messageId } = properties;
    this.#onlooker?.publishes(messageId);
    this.#unconfirmed.add(confirmed);
    toBroker.send(() => {
      if (!this.served) return;
      const verdict = broker.take(exchange, routingKey, content, properties);
      if (typeof verdict === 'object') return this.refuse(verdict);
      if (verdict === 'returned') this.#return(messageId);
      this.connection.answer(() => {
        if (!this.#unconfirmed.delete(confirmed)) return;
        if (verdict === 'enqueued') this.#onlooker?.isConfirmed(messageId);
        confirmed(verdict === 'nacked' ? new Error('message nacked') : null);
      });
    });
  }

  #return(messageId: string): void {
    this.connection.answer(() => {
      if (this.open) this.emit('return', { fields: { replyText: 'NO_ROUTE' }, properties: { messageId } });
    });
  }

  protected override abandon(): void {
    const error = new Error('channel closed');
    for (const confirmed of [...this.#unconfirmed]) confirmed(error);
    this.#unconfirmed.clear();
  }
}

type Receive = (message: { content: Buffer; fields: object; properties: object }) => void;

export class ConsumerChannel extends ServedChannel implements Subscriber {
  readonly unacknowledged = new Map<number, Message>();
  #prefetch = 0;
  #receive: Receive = () => {};
  #lastTag = 0;
  #cancelled = false;

  get limit(): number {
    return this.#cancelled ? 0 : this.#prefetch;
  }

  prefetch(count: number, _ofChannel: boolean, done: (error: null) => void): void {
    this.#prefetch = count;
    this.connection.ask(() => done(null));
  }

  consume(
    _queue: string,
    receive: Receive,
    _options: object,
    done: (error: null, answer: { consumerTag: string }) => void,
  ): void {
    this.sendable();
    this.#receive = receive;
    this.connection.toBroker.send(() => {
      if (!this.served) return;
      this.connection.answer(() => done(null, { consumerTag: 'the only one' }));
      this.connection.broker.orders.subscribe(this);
    });
  }

  deliver(message: Message): void {
    const deliveryTag = ++this.#lastTag;
    this.unacknowledged.set(deliveryTag, message);
    const { content, properties, deliveries } = message;
    this.connection.answer(() => {
      if (this.open)
        this.#receive({ content, properties, fields: { deliveryTag, redelivered: deliveries > 1 } });
    });
  }

  ack({ fields: { deliveryTag } }: { fields: { deliveryTag: number } }, allUpTo: boolean): void {
    this.sendable();
    const { broker, toBroker } = this.connection;
    toBroker.send(() => {
      if (!this.served) return;
      for (const [tag, message] of this.unacknowledged) {
        if (allUpTo ? tag > deliveryTag : tag !== deliveryTag) continue;
        this.unacknowledged.delete(tag);
        broker.acknowledged(message);
      }
      broker.orders.acknowledged();
    });
  }

  cancel(_consumerTag: string, done: () => void): void {
    this.sendable();
    this.connection.toBroker.send(() => {
      this.#cancelled = true;
      this.connection.answer(done);
    });
  }

  close(done: () => void): void {
    this.sendable();
    this.connection.toBroker.send(() => {
      this.closeAtBroker();
      this.connection.answer(() => {
        done();
        this.closeHere();
      });
    });
  }

  override closeAtBroker(): void {
    if (!this.served) return;
    super.closeAtBroker();
    this.connection.broker.orders.leave(this);
  }
}
