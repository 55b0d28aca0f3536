import {
  asideExchange,
  attemptsHeader,
  deadLetterHeaders,
  deadLetterQueue,
  retryDelayMs,
  retryQueue,
  type DeadLetterReason,
} from '@event-sync/contracts/topology.ts';
import type { ConfirmPublisher, Outcome } from '@event-sync/platform/broker/confirm-publisher.ts';
import type { OutgoingMessage } from '@event-sync/platform/broker/outgoing-message.ts';
import type { Logger } from '@event-sync/platform/logger.ts';
import { probe } from '@event-sync/platform/probe.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { copiedProperties, harmless } from './message-copy.ts';
import type { ReadableMessage } from './parse-message.ts';

/** Tries, two seconds apart, before an event whose customer is not there becomes a dead letter. */
export const maxAttempts = 5;

/** How often the message has been tried before, by our own count: the broker's counts only redeliveries. */
export function attemptsOf(message: ReadableMessage): number {
  const attempts: unknown = message.properties.headers?.[attemptsHeader];
  return typeof attempts === 'number' && Number.isInteger(attempts) && attempts >= 0 ? attempts : 0;
}

/**
 * Puts messages aside: to the retry queue, from which the broker hands them back after a while, or to the dead letters,
 * where a person finds them with a reason. The message may be acknowledged only after the confirm: before, it could be
 * lost with its copy.
 */
export class PutAside {
  readonly #publisher: ConfirmPublisher;
  readonly #onMissing: () => Promise<void>;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  /** Of the deliveries that are out. */
  #current = new AbortController();
  /** The last of each id: the publisher knows messages by it, and takes one of an id at a time. */
  readonly #lastOf = new Map<string, Promise<unknown>>();

  constructor(options: {
    publisher: ConfirmPublisher;
    /** The queue to put it into, or the way there, does not exist: to declare it again. */
    onMissing: () => Promise<void>;
    logger: Logger;
    signal: AbortSignal;
  }) {
    this.#publisher = options.publisher;
    this.#onMissing = options.onMissing;
    this.#logger = options.logger;
    this.#signal = options.signal;
  }

  /** Gives up what is under way: all of it is delivered again. */
  giveUp(): void {
    this.#current.abort();
    this.#current = new AbortController();
  }

  /**
   * @param id for a message that has none, so that the next delivery is recognised by the same id.
   * @returns whether it is safe; if not, it was given up or the process stops, and it must not be acknowledged
   */
  async retryLater(message: ReadableMessage, id: string): Promise<boolean> {
    const attempts = attemptsOf(message) + 1;
    this.#logger.info({ event_id: id, attempts, delay_ms: retryDelayMs }, 'put aside to be tried again');
    return this.#send(retryQueue, message, id, { [attemptsHeader]: attempts });
  }

  /** @returns whether it is safe, as above */
  async deadLetter(
    message: ReadableMessage,
    reason: DeadLetterReason,
    explanation: string,
    id?: string,
  ): Promise<boolean> {
    this.#logger.error({ event_id: id, reason, explanation, queue: deadLetterQueue }, 'dead letter');
    return this.#send(deadLetterQueue, message, id, {
      [deadLetterHeaders.reason]: reason,
      [deadLetterHeaders.explanation]: explanation,
      [deadLetterHeaders.time]: new Date().toISOString(),
      [deadLetterHeaders.attempts]: attemptsOf(message) + 1,
    });
  }

  async #send(
    queue: string,
    message: ReadableMessage,
    id: string | undefined,
    headers: object,
  ): Promise<boolean> {
    const { messageId = id, ...properties } = copiedProperties(message);
    const known = messageId ?? randomUUID();
    const ours = messageId === undefined ? { ...headers, [deadLetterHeaders.withoutId]: true } : headers;
    const copy: OutgoingMessage = {
      exchange: asideExchange,
      routingKey: queue,
      content: message.content,
      messageId: known,
      properties: { ...properties, headers: { ...harmless(message.properties.headers ?? {}), ...ours } },
    };
    const signal = AbortSignal.any([this.#signal, this.#current.signal]);
    const before = this.#lastOf.get(known);
    const sent = before
      ? before.then(() => !signal.aborted && this.#try(copy, ours, signal))
      : this.#try(copy, ours, signal);
    this.#lastOf.set(known, sent);
    try {
      return await sent;
    } finally {
      if (this.#lastOf.get(known) === sent) this.#lastOf.delete(known);
    }
  }

  /**
   * Until the broker has it, or the signal says that nobody needs it any more.
   * @param ours the headers that it must not go without
   */
  async #try(copy: OutgoingMessage, ours: object, signal: AbortSignal): Promise<boolean> {
    for (let failures = 0; ; failures++) {
      if (failures > 0 && signal.aborted) return false;
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      probe('put-aside.publish-before');
      this.#publisher.publish(copy, resolve);
      const outcome = await promise;
      if (outcome.kind === 'confirmed') {
        probe('put-aside.confirmed');
        return true;
      }
      // Headers that came over the wire and that our client cannot write again: the message matters more than they do.
      if (outcome.kind === 'nacked' && outcome.unsendable)
        copy = { ...copy, properties: { ...copy.properties, headers: ours } };
      // 404: the exchange is gone.
      if (outcome.kind === 'returned' || (outcome.kind === 'unknown' && outcome.code === 404))
        await this.#onMissing();
      if (failures === 0) {
        this.#logger.warn(
          { event_id: copy.messageId, queue: copy.routingKey, outcome },
          'could not be put aside: trying again, it stays in its queue',
        );
      }
      await delay(500, undefined, { signal }).catch(() => {});
    }
  }
}
