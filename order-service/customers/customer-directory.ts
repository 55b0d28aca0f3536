import { customer, type Customer } from '@event-sync/contracts/customer.ts';
import { identifier, jsonIdentifier } from '@event-sync/contracts/identifiers.ts';
import { isBroken, type Breaker } from '@event-sync/platform/breaker.ts';
import { parseExactJson } from '@event-sync/platform/exact-json.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import type { VersionedCache } from '@event-sync/platform/versioned-cache.ts';
import { z } from 'zod';
import { RecentlySeen } from './recently-seen.ts';

export type Existence = 'exists' | 'not-found' | 'undecided';

/** Milliseconds that the customer service has to answer; the client of `POST /orders` waits as long. */
const answerTimeout = 2_000;

/** Puts the customer service's answer into the cache. */
type Remember = (answer: unknown, etag: string | null) => Promise<void>;

const named = z.looseObject({ id: identifier });

/**
 * Whether a customer exists: from the cache that the customer service keeps, else by asking that service. A missing
 * customer is never remembered, since it may be created in the next moment.
 */
export class CustomerDirectory {
  readonly #cache: VersionedCache;
  readonly #breaker: Breaker;
  readonly #customersUrl: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #logger: Logger;
  readonly #seen = new RecentlySeen();
  /** Questions that are under way: whoever asks the same meanwhile shares the answer. */
  readonly #asking = new Map<string, Promise<Existence>>();

  constructor({
    cache,
    breaker,
    customerServiceUrl,
    token,
    logger,
  }: {
    cache: VersionedCache;
    breaker: Breaker;
    customerServiceUrl: string;
    /** Sent as a bearer token. */
    token?: string | undefined;
    logger: Logger;
  }) {
    this.#cache = cache;
    this.#breaker = breaker;
    this.#customersUrl = `${customerServiceUrl.replace(/\/+$/, '')}/customers`;
    this.#headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    this.#logger = logger;
  }

  async exists(id: string): Promise<Existence> {
    if (this.#seen.has(id)) return 'exists';
    const existence = await this.#find(id);
    if (existence === 'exists') this.#seen.add(id);
    return existence;
  }

  async #find(id: string): Promise<Existence> {
    let remember: Remember = (answer, etag) => this.#remember(id, answer, etag);
    try {
      if ((await this.#cache.get(id)) !== undefined) return 'exists';
    } catch {
      // Redis is away, and its client has said so once: the customer service knows too. What it says is not put into
      // the cache, which would cost the wait for Redis a second time.
      remember = async () => {};
    }
    try {
      // Nobody is held for the question that only tries whether the service answers again.
      const joined = this.#breaker.closed ? this.#asking.get(id) : undefined;
      const answer = await (joined ?? this.#askFirst(id, remember));
      // Whoever joined a question may have created the customer after it was asked: the next one was asked after that.
      if (joined && answer === 'not-found')
        return await (this.#asking.get(id) ?? this.#askFirst(id, remember));
      return answer;
    } catch (error) {
      const details = { customer_id: id, reason: error instanceof Error ? error.message : String(error) };
      if (isBroken(error)) this.#logger.debug(details, 'the customer service is not asked for now');
      else this.#logger.warn(details, 'the customer service did not say whether a customer exists');
      return 'undecided';
    }
  }

  #askFirst(id: string, remember: Remember): Promise<Existence> {
    const asking = this.#breaker
      .run(() => this.#ask(id, remember))
      .finally(() => {
        this.#asking.delete(id);
      });
    this.#asking.set(id, asking);
    return asking;
  }

  /** @throws when it does not answer, in time, with what was asked for. */
  async #ask(id: string, remember: Remember): Promise<'exists' | 'not-found'> {
    const response = await fetch(`${this.#customersUrl}/${id}`, {
      headers: this.#headers,
      redirect: 'error',
      signal: AbortSignal.timeout(answerTimeout),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      if (response.status === 404) return 'not-found';
      throw new Error(`The customer service answered with ${response.status}`);
    }
    const body = parseExactJson(await response.bytes());
    const answer = named.safeParse(body.ok ? body.value : undefined);
    if (!answer.success || answer.data.id !== id) {
      throw new Error('The customer service answered with something that is not the customer asked for');
    }
    await remember(answer.data, response.headers.get('etag'));
    return 'exists';
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
