import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/**
 * Hears `NOTIFY` of one channel over a connection of its own. A hint can be lost, with its connection for example: that
 * is made anew at leisure, and then there may be something new.
 *
 * The connection is asked for an answer now and then: of one that a router has forgotten the system would tell only after
 * two hours, and not everybody who waits for a hint also looks by itself.
 */
export class HintListener implements Component {
  readonly name = 'hint-listener';
  readonly #settings: pg.ClientConfig;
  readonly #channel: string;
  readonly #onHint: () => void;
  readonly #logger: Logger;
  readonly #checkMs: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /**
   * @param options.settings with a `query_timeout`: how long the connection may owe an answer
   * @param options.channel an identifier of SQL, from our own code
   */
  constructor(options: {
    settings: pg.ClientConfig;
    channel: string;
    onHint: () => void;
    logger: Logger;
    /** Milliseconds from one question whether the connection is still there to the next. */
    checkMs?: number;
  }) {
    this.#settings = options.settings;
    this.#channel = options.channel;
    this.#onHint = options.onHint;
    this.#logger = options.logger;
    this.#checkMs = options.checkMs ?? 15_000;
  }

  async start(): Promise<void> {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#listen(signal);
      await delay(1_000, undefined, { signal }).catch(() => {});
    }
  }

  /** Over one connection, until it ends or does not answer any more, or `signal` aborts. */
  async #listen(signal: AbortSignal): Promise<void> {
    const client = new pg.Client(this.#settings);
    const ended = Promise.withResolvers<void>();
    const end = () => ended.resolve();
    client.on('end', end);
    client.on('error', end);
    client.on('notification', this.#onHint);
    signal.addEventListener('abort', end);
    let check: NodeJS.Timeout | undefined;
    try {
      const listen = () => client.query(`LISTEN ${this.#channel}`);
      const listening = client.connect().then(listen);
      if (await Promise.race([listening, ended.promise])) {
        check = setInterval(() => void listen().catch(end), this.#checkMs);
        this.#onHint();
        await ended.promise;
      }
    } catch (error) {
      this.#logger.debug({ err: error, channel: this.#channel }, 'no hints for now');
    }
    clearInterval(check);
    // The signal outlives all of them, and would keep each client.
    signal.removeEventListener('abort', end);
    // Nothing is in hand: a server that does not answer must not hold up whoever stops this.
    void client.end().catch(() => {});
  }
}
