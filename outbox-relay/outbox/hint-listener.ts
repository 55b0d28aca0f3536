import { hintChannel } from '@event-sync/outbox/hint.ts';
import type { Component } from '@event-sync/platform/lifecycle.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/**
 * Hears the hints of writers over a connection of its own. Losing one is harmless, polling is the truth; so a broken
 * connection is made anew at leisure.
 */
export class HintListener implements Component {
  readonly name = 'hint-listener';
  readonly #settings: pg.ClientConfig;
  readonly #onHint: () => void;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: { settings: pg.ClientConfig; onHint: () => void; logger: Logger }) {
    this.#settings = options.settings;
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
        await client.query(`LISTEN ${hintChannel}`);
        await ended;
      } catch (error) {
        this.#logger.debug({ err: error }, 'no hints for now: polling goes on');
      }
      await client.end().catch(() => {});
      await delay(1_000, undefined, { signal }).catch(() => {});
    }
  }
}
