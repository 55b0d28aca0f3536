import {
  deadLetterQueue,
  eventsExchange,
  orderEventsQueue,
  retryDelayMs,
  retryQueue,
} from '@event-sync/contracts/topology.ts';
import type { Events } from '../invariants/events.ts';
import type { Clock } from '../time/clock.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import { SimulatedConnection } from './broker-connection.ts';
import type { BrokerSide, Onlooker, Verdict } from './broker-sides.ts';
import { Queue, type Message } from './queue.ts';

/** RabbitMQ, as far as the relay and the consumer can tell: its queues, and the ways in which it says no. */
export class Broker implements BrokerSide {
  readonly clock: Clock;
  readonly orders = new Queue();
  readonly retries = new Queue();
  readonly dead = new Queue();
  readonly #events: Events;
  readonly #onAcknowledged: (message: Message) => void;
  #connections: SimulatedConnection[] = [];
  #downUntil = 0;
  /** Whether the orders' queue is bound, and whether its exchange is there. */
  bound = true;
  exchangeExists = true;
  /** So many messages are refused from now on: the queue is full. */
  refusals = 0;
  /** Events that are larger than the broker takes. */
  readonly tooLarge = new Set<string>();

  constructor(options: { clock: Clock; events: Events; onAcknowledged: (message: Message) => void }) {
    this.clock = options.clock;
    this.#events = options.events;
    this.#onAcknowledged = options.onAcknowledged;
  }

  get quiet(): boolean {
    return this.#connections.every((connection) => connection.quiet);
  }

  /** The connections of a process, in the order in which it made them. */
  connectionsOf(process: SimulatedProcess): SimulatedConnection[] {
    return this.#connections.filter((connection) => connection.process === process && !connection.ended);
  }

  connect(onlooker?: Onlooker): Promise<SimulatedConnection> {
    const process = SimulatedProcess.mine();
    return new Promise((resolve, reject) => {
      this.clock.after(2 * process.latency(), () => {
        if (!process.alive) return;
        if (this.clock.now < this.#downUntil)
          return process.deliver(() => reject(new Error('connect ECONNREFUSED')));
        const connection = new SimulatedConnection(this, process, onlooker);
        this.#connections = this.#connections.filter(({ ended, quiet }) => !ended || !quiet);
        this.#connections.push(connection);
        process.deliver(() => resolve(connection));
      });
    });
  }

  /** What is durable stays. Of what each connection has under way, so much arrives. */
  goDown(forMs: number, arriving: number): void {
    this.#downUntil = this.clock.now + forMs;
    for (const connection of this.#connections) if (!connection.ended) connection.sever({ arriving });
  }

  heal(): void {
    this.#downUntil = 0;
    this.bound = true;
    this.exchangeExists = true;
    this.refusals = 0;
    this.tooLarge.clear();
    for (const connection of this.#connections) if (!connection.ended) connection.heal();
  }

  take(exchange: string, routingKey: string, content: Buffer, properties: Message['properties']): Verdict {
    if (exchange !== eventsExchange) {
      this.#queueOf(routingKey).put(content, properties);
      if (routingKey === retryQueue) this.#handBackLater();
      return 'enqueued';
    }
    const { messageId } = properties;
    if (!this.exchangeExists) return { code: 404, reason: `NOT_FOUND - no exchange '${eventsExchange}'` };
    if (this.tooLarge.has(messageId)) return { code: 406, reason: 'PRECONDITION_FAILED - message too large' };
    if (!this.bound) return 'returned';
    if (this.refusals > 0) {
      this.refusals--;
      return 'nacked';
    }
    this.#events.arrived(messageId);
    this.orders.put(content, properties);
    return 'enqueued';
  }

  acknowledged(message: Message): void {
    this.#onAcknowledged(message);
  }

  /** Whether an event waits in some queue. */
  holds(eventId: string): boolean {
    return [this.orders, this.retries, this.dead].some((queue) =>
      queue.messages.some(({ properties }) => properties.messageId === eventId),
    );
  }

  /** What `npm run dead-letters -- replay` does. */
  replayDeadLetters(): void {
    for (const { content, properties } of this.dead.takeAll())
      this.orders.put(content, { ...properties, headers: {} });
  }

  #queueOf(name: string): Queue {
    if (name === deadLetterQueue) return this.dead;
    return name === orderEventsQueue ? this.orders : this.retries;
  }

  /** A queue with one time to live for all its messages: the oldest is due first. */
  #handBackLater(): void {
    this.clock.after(retryDelayMs, () => {
      const message = this.retries.ready.shift();
      if (message) this.orders.put(message.content, message.properties);
    });
  }
}
