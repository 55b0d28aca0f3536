import type { Clock } from '../time/clock.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import type { Message, Queue } from './queue.ts';
import type { Wire } from './wire.ts';

/** What the broker makes of one message that was published. */
export type Verdict = 'enqueued' | 'returned' | 'nacked' | { code: number; reason: string };

/** The broker, as its connections and channels see it. */
export interface BrokerSide {
  readonly clock: Clock;
  readonly orders: Queue;
  /** Whether the exchange of the events is there. */
  readonly exchangeExists: boolean;
  take(exchange: string, routingKey: string, content: Buffer, properties: Message['properties']): Verdict;
  acknowledged(message: Message): void;
}

/** A connection, as its channels see it. */
export interface ConnectionSide {
  readonly process: SimulatedProcess;
  readonly broker: BrokerSide;
  readonly toBroker: Wire;
  /** Sends something that the broker answers. */
  ask(answered: () => void): void;
  /** The broker says something. */
  answer(hear: () => void): void;
}

/** Looks on while a process publishes, and while it is told that a message was confirmed. */
export interface Onlooker {
  publishes(eventId: string): void;
  isConfirmed(eventId: string): void;
}

/** What amqplib throws at who uses what is closed. */
export function illegalOperation(message: string): Error {
  return Object.assign(new Error(message), { name: 'IllegalOperationError' });
}
