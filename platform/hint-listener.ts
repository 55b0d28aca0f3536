import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/**
 * Hears `NOTIFY` of one channel over a connection of its own. A hint can be lost, with its connection for example: that
 * is made anew at leisure, and then there may be something new.
 */
export class HintListener implements Component {
  readonly name = 'hint-listener';
  readonly #settings: pg.ClientConfig;
  readonly #channel: string;
  readonly #onHint: () => void;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** @param options.channel an identifier of SQL, from our own code */
  constructor(options: { settings: pg.ClientConfig; channel: string; onHint: () => void; logger: Logger }) {
    this.#settings = options.settings;
    this.#channel = options.channel;
    this.#onHint = options.onHint;
    this.#logger = options.logger;
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
      const client = new pg.Client(this.#settings);
      const ended = new Promise<void>((resolve) => {
        client.on('end', resolve);
        client.on('error', () => resolve());
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      try {
        client.on('notification', this.#onHint);
        await client.connect();
        await client.query(`LISTEN ${this.#channel}`);
        this.#onHint();
        await ended;
      } catch (error) {
        this.#logger.debug({ err: error, channel: this.#channel }, 'no hints for now');
      }
      await client.end().catch(() => {});
      await delay(1_000, undefined, { signal }).catch(() => {});
    }
  }
}
