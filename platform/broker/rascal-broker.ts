import type { Connection } from 'amqplib/callback_api';
import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import rascal from 'rascal';
import type { Logger } from '../logger.ts';

/**
 * The part of rascal that we use, typed. `@types/rascal` describes version 10.
 * https://github.com/onebeyond/rascal
 */
export interface RascalBroker extends EventEmitter {
  /** Opens one more connection by the vhost's configuration; it is the caller's to watch and to close. */
  connect(vhost: string): Promise<Connection>;
  shutdown(): Promise<void>;
}

/** The one vhost of our configuration. Which one it is on the server is said by the path of the URL. */
export const vhost = 'events';

export interface Topology {
  exchanges?: Record<string, { type: 'topic' | 'direct' | 'fanout' }>;
  queues?: Record<string, { arguments: Record<string, unknown> }>;
  bindings?: { exchange: string; queue: string; routingKey: string }[];
}

/** A rascal configuration: what rascal asserts at each (re)connection, and how it comes back. */
export function rascalConfig(url: string, connectionName: string, topology: Topology): object {
  const retry = { min: 200, max: 1_000, factor: 1.5, strategy: 'linear' };
  return {
    // Elsewhere than under defaults a retry is dropped without a word, and delays grow to a minute.
    defaults: { vhosts: { connection: { retry } } },
    vhosts: {
      [vhost]: {
        connection: {
          url,
          options: { heartbeat: 10 },
          socketOptions: { timeout: 5_000, clientProperties: { connection_name: connectionName } },
        },
        exchanges: Object.fromEntries(
          Object.entries(topology.exchanges ?? {}).map(([name, { type }]) => [
            name,
            { type, options: { durable: true } },
          ]),
        ),
        queues: Object.fromEntries(
          Object.entries(topology.queues ?? {}).map(([name, queue]) => [
            name,
            { options: { durable: true, arguments: queue.arguments } },
          ]),
        ),
        bindings: Object.fromEntries(
          (topology.bindings ?? []).map(({ exchange, queue, routingKey }) => [
            `${exchange} -> ${queue}`,
            { source: exchange, destination: queue, bindingKey: routingKey },
          ]),
        ),
      },
    },
  };
}

/** RabbitMQ holds something of that name with other properties. Only a person can resolve that. */
export class TopologyConflict extends Error {
  constructor(cause: Error) {
    super(
      `RabbitMQ already has an exchange or a queue of this name with other properties: ${cause.message}. ` +
        'A queue of the replaced system is a classic queue, and this system needs a quorum queue. ' +
        'To migrate: let the old consumer empty the queue, delete the queue, and start this process again ' +
        '(docs/operations.md, "Coming from the replaced system").',
      { cause },
    );
    this.name = 'TopologyConflict';
  }
}

/**
 * Connects and asserts the topology; while the broker is away, tries again every second until `signal` aborts. Once it
 * resolves, rascal itself reconnects and asserts again.
 *
 * @throws {TopologyConflict} at once when the broker refuses a declaration.
 */
export async function createBroker(
  config: object,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<RascalBroker> {
  for (let attempt = 1; ; attempt++) {
    try {
      const broker = (await rascal.BrokerAsPromised.create(config)) as RascalBroker;
      // An 'error' without a listener ends the process.
      broker.on('error', (error: Error) =>
        logger.warn({ err: error }, 'rabbitmq connection lost: rascal is reconnecting'),
      );
      return broker;
    } catch (error) {
      await shutdownFailed(error);
      if (/PRECONDITION[_-]FAILED/.test((error as Error).message)) throw new TopologyConflict(error as Error);
      if (attempt === 1 || attempt % 30 === 0) {
        logger.warn({ err: error, attempt }, 'rabbitmq cannot be reached yet: trying again every second');
      }
      await delay(1_000, undefined, { signal });
    }
  }
}

/** A broker that could not be made keeps a timer; it hangs at the error under a symbol of its own. */
async function shutdownFailed(error: unknown): Promise<void> {
  const key = (error as { broker?: symbol }).broker;
  if (typeof key !== 'symbol') return;
  const broker = (error as Record<symbol, RascalBroker | undefined>)[key];
  broker?.on('error', () => {});
  await broker?.shutdown().catch(() => {});
}
