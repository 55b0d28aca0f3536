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

/**
 * `declare`: what is missing is made, which needs the permission to configure it. `check`: it has to be there, by
 * whomever; RabbitMQ tells anybody who may log in whether a name exists, and no permission is needed.
 */
export type TopologyMode = 'declare' | 'check';

/** A rascal configuration: what rascal asserts or checks at each (re)connection, and how it comes back. */
export function rascalConfig(
  url: string,
  connectionName: string,
  topology: Topology,
  mode: TopologyMode = 'declare',
): object {
  const how = mode === 'declare' ? { assert: true } : { assert: false, check: true };
  const retry = { min: 200, max: 1_000, factor: 1.5, strategy: 'linear' };
  return {
    // Elsewhere than under defaults a retry is dropped without a word, and delays grow to a minute.
    defaults: { vhosts: { connection: { retry } } },
    vhosts: {
      [vhost]: {
        connection: {
          url,
          options: { heartbeat: 10 },
          // Without Nagle's delay, for small writes beside each other. From commit to confirm at 200 orders a second: p99 7.3
          // in place of 8.0 ms (medians of 3, interleaved, `npm run bench -- relay --quick`); the rate is within the noise.
          socketOptions: {
            timeout: 5_000,
            noDelay: true,
            clientProperties: { connection_name: connectionName },
          },
        },
        exchanges: Object.fromEntries(
          Object.entries(topology.exchanges ?? {}).map(([name, { type }]) => [
            name,
            { type, ...how, options: { durable: true } },
          ]),
        ),
        queues: Object.fromEntries(
          Object.entries(topology.queues ?? {}).map(([name, queue]) => [
            name,
            { ...how, options: { durable: true, arguments: queue.arguments } },
          ]),
        ),
        bindings: Object.fromEntries(
          (mode === 'declare' ? (topology.bindings ?? []) : []).map(({ exchange, queue, routingKey }) => [
            `${exchange}[${routingKey}] -> ${queue}`,
            { source: exchange, destination: queue, bindingKey: routingKey },
          ]),
        ),
      },
    },
  };
}

const adviceForExchange =
  'This system needs a durable topic exchange. Stop whoever publishes to it or is bound to it, delete it, and start this ' +
  'process and the worker again: they declare it and its bindings anew.';
const adviceForQueue =
  'A queue of the replaced system is a classic queue, and this system needs a quorum queue. ' +
  'To migrate: let the old consumer empty the queue, delete the queue, and start this process again ' +
  '(docs/operations.md, "Coming from the replaced system").';

/** RabbitMQ holds something of that name with other properties. Only a person can resolve that. */
export class TopologyConflict extends Error {
  constructor(cause: Error) {
    super(
      `RabbitMQ already has an exchange or a queue of this name with other properties: ${cause.message}. ` +
        (/ for exchange '/.test(cause.message) ? adviceForExchange : adviceForQueue),
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
        logger.warn({ err: error, attempt }, `${faultOf(error as Error)}: trying again every second`);
      }
      await delay(1_000, undefined, { signal });
    }
  }
}

function faultOf({ message }: Error): string {
  if (/NOT[_-]FOUND/.test(message))
    return 'rabbitmq lacks what this process may not declare (RABBITMQ_TOPOLOGY=check), import the definitions';
  if (/ACCESS[_-]REFUSED/.test(message))
    return 'rabbitmq refuses this user, whose rights may ask for RABBITMQ_TOPOLOGY=check';
  return 'rabbitmq cannot be reached yet';
}

/** A broker that could not be made keeps a timer; it hangs at the error under a symbol of its own. */
async function shutdownFailed(error: unknown): Promise<void> {
  const key = (error as { broker?: symbol }).broker;
  if (typeof key !== 'symbol') return;
  const broker = (error as Record<symbol, RascalBroker | undefined>)[key];
  broker?.on('error', () => {});
  await broker?.shutdown().catch(() => {});
}
