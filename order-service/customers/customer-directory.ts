import { customer, type Customer } from '@event-sync/contracts/customer.ts';
import { identifier, jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { parseExactJson } from '@event-sync/platform/exact-json.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { z } from 'zod';

export type Existence = 'exists' | 'not-found' | 'undecided';

/** Milliseconds that the customer service has to answer; the client of `POST /orders` waits as long. */
const answerTimeout = 2_000;

const named = z.looseObject({ id: identifier });

/**
 * Whether a customer exists: from the cache that the customer service keeps, else by asking that service. A missing
 * customer is never remembered, since it may be created in the next moment.
 */
export class CustomerDirectory {
  readonly #cache: VersionedCache;
  readonly #customersUrl: string;
  readonly #logger: Logger;
  /** Questions that are under way: whoever asks the same meanwhile shares the answer. */
  readonly #asking = new Map<string, Promise<Existence>>();

  constructor({
    cache,
    customerServiceUrl,
    logger,
  }: {
    cache: VersionedCache;
    customerServiceUrl: string;
    logger: Logger;
  }) {
    this.#cache = cache;
    this.#customersUrl = `${customerServiceUrl.replace(/\/+$/, '')}/customers`;
    this.#logger = logger;
  }

  async exists(id: string): Promise<Existence> {
    try {
      if ((await this.#cache.get(id)) !== undefined) return 'exists';
    } catch {
      // Redis is away, and its client has said so once: the customer service knows too. What it says is not put into
      // the cache, which would cost the wait for Redis a second time.
      return this.#askOnce(id, async () => {});
    }
    return this.#askOnce(id, (answer, etag) => this.#remember(id, answer, etag));
  }

  #askOnce(
    id: string,
    remember: (answer: unknown, etag: string | null) => Promise<void>,
  ): Promise<Existence> {
    const known = this.#asking.get(id);
    if (known) return known;
    const asking = this.#ask(id, remember).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    return asking;
  }

  async #ask(
    id: string,
    remember: (answer: unknown, etag: string | null) => Promise<void>,
  ): Promise<Existence> {
    try {
      const response = await fetch(`${this.#customersUrl}/${id}`, {
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(answerTimeout),
      });
      if (response.status === 404) {
        await response.body?.cancel();
        return 'not-found';
      }
      if (response.status !== 200) {
        await response.body?.cancel();
        this.#logger.warn(
          { customer_id: id, status: response.status },
          'the customer service did not say whether a customer exists',
        );
        return 'undecided';
      }
      const body = parseExactJson(await response.bytes());
      const answer = named.safeParse(body.ok ? body.value : undefined);
      if (!answer.success || answer.data.id !== id) {
        this.#logger.warn(
          { customer_id: id },
          'the customer service answered with something that is not the customer asked for',
        );
        return 'undecided';
      }
      await remember(answer.data, response.headers.get('etag'));
      return 'exists';
    } catch (error) {
      this.#logger.warn({ customer_id: id, err: error }, 'the customer service did not answer');
      return 'undecided';
    }
  }

  /** Only what carries its version can be cached: the fence against old values needs it. */
  async #remember(id: string, answer: unknown, etag: string | null): Promise<void> {
    const version = /^"([0-9]{1,19})"$/.exec(etag ?? '')?.[1];
    const found = customer.safeParse(answer);
    if (version === undefined || !found.success) return;
    const value = { ...found.data, id: jsonIdentifier(id) } satisfies Record<keyof Customer, unknown>;
    // A failure costs the next order one question more, and nothing else.
    await this.#cache.fill(id, value, version).catch(() => {});
  }
}
