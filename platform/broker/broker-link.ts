import type { Connection } from 'amqplib/callback_api';
import type { Component } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import {
  createBroker,
  rascalConfig,
  vhost,
  type RascalBroker,
  type Topology,
  type TopologyMode,
} from './rascal-broker.ts';

/**
 * A process's tie to RabbitMQ: rascal, made in the background, so that a process starts while the broker is away.
 * `failed` rejects when the broker refuses the topology, which only a person can resolve.
 */
export class BrokerLink implements Component {
  readonly name = 'rabbitmq';
  readonly failed: Promise<never>;
  readonly #config: object;
  readonly #mode: TopologyMode;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #broker = Promise.withResolvers<RascalBroker>();
  #started = false;
  #stopped: Promise<void> | undefined;
  #restoring: Promise<void> | undefined;

  constructor(options: {
    url: string;
    connectionName: string;
    topology: Topology;
    mode: TopologyMode;
    logger: Logger;
  }) {
    this.#config = rascalConfig(options.url, options.connectionName, options.topology, options.mode);
    this.#mode = options.mode;
    this.#logger = options.logger;
    const failure = Promise.withResolvers<never>();
    this.failed = failure.promise;
    this.failed.catch(() => {});
    this.#broker.promise.catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) failure.reject(error);
    });
  }

  /** Resolves once the broker has been reached for the first time. */
  broker(): Promise<RascalBroker> {
    return this.#broker.promise;
  }

  /** One more connection by the same configuration; the caller's to watch and to close. */
  async connect(): Promise<Connection> {
    const broker = await this.#broker.promise;
    return broker.connect(vhost);
  }

  /**
   * Declares the topology once more, for when a part of it turns out to be missing: rascal does so only when it
   * connects. Who may only check waits until it is there. Never rejects; whoever misses the part finds out by trying again.
   */
  restoreTopology(): Promise<void> {
    return (this.#restoring ??= this.#restoreTopology().finally(() => (this.#restoring = undefined)));
  }

  async #restoreTopology(): Promise<void> {
    const remedy =
      this.#mode === 'declare'
        ? 'Declaring the topology again'
        : 'Waiting until the definitions are imported';
    this.#logger.warn(`a queue of ours is missing in rabbitmq, was it deleted? ${remedy}`);
    try {
      // Not rascal's bounce(): one that a frozen broker interrupts leaves the broker object without a connection.
      const broker = await createBroker(this.#config, {
        logger: this.#logger,
        signal: this.#stopping.signal,
      });
      await broker.shutdown();
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#logger.error({ err: error }, 'the topology could not be declared again');
    }
  }

  async start(): Promise<void> {
    if (this.#started || this.#stopping.signal.aborted) return;
    this.#started = true;
    createBroker(this.#config, { logger: this.#logger, signal: this.#stopping.signal }).then(
      this.#broker.resolve,
      this.#broker.reject,
    );
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    if (!this.#started) return this.#broker.reject(new Error('stopped before it was started'));
    const broker = await this.#broker.promise.catch(() => undefined);
    await broker?.shutdown().catch((error: unknown) => {
      // The connection was gone already: there is nothing left to say goodbye to.
      this.#logger.debug({ err: error }, 'rabbitmq was not told of the shutdown');
    });
  }
}
