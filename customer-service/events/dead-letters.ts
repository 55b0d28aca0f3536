import {
  asideExchange,
  attemptsHeader,
  deadLetterHeaders,
  deadLetterQueue,
  orderEventsQueue,
} from '@event-sync/contracts/topology.ts';
import { lookIntoQueue } from '@event-sync/platform/broker/look-into-queue.ts';
import amqp, { type ChannelModel, type ConfirmChannel, type GetMessage } from 'amqplib';
import type { DiscardedBy, DiscardedEvents } from './discarded-events.ts';
import { copiedProperties, harmless } from './message-copy.ts';

/** Which dead letters are meant. */
export type Selection = { ids: readonly string[] } | { reason: string } | { all: true };

/** What was taken out of the dead letters. */
export interface Taken {
  /** Of each, oldest first, the id by which it can be named. */
  readonly ids: readonly (string | undefined)[];
  /** As many as were asked for at once were taken: there may be more that are meant. */
  readonly more: boolean;
}

/** A dead letter, for people. */
export interface DeadLetter {
  /** By which it can be named here: the message's own id, or, for one that came without, the one that we gave it. */
  readonly id: string | undefined;
  readonly reason: string;
  readonly explanation: string | undefined;
  /** ISO 8601, when it became one; RabbitMQ's own dead letters do not say it. */
  readonly at: string | undefined;
  readonly message: GetMessage;
}

/** The dead letter queue, as an operator sees it. */
export class DeadLetters {
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #discarded: DiscardedEvents;
  #onReturn: (reply: string) => void = () => {};

  private constructor(connection: ChannelModel, channel: ConfirmChannel, discarded: DiscardedEvents) {
    this.#connection = connection;
    this.#channel = channel;
    this.#discarded = discarded;
    channel.on('return', ({ fields }) => {
      this.#onReturn((fields as unknown as { replyText?: string }).replyText ?? 'returned');
    });
  }

  static async open(url: string, discarded: DiscardedEvents): Promise<DeadLetters> {
    // Without a delay: an acknowledgement and a question after it are two small writes, 40 ms apart otherwise.
    const connection = await amqp.connect(url, { timeout: 5_000, noDelay: true });
    // What breaks is told by the call that it fails.
    connection.on('error', () => {});
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    return new DeadLetters(connection, channel, discarded);
  }

  async close(): Promise<void> {
    await this.#connection.close().catch(() => {});
  }

  /** Looks at those that are there now, oldest first, until `visit` returns false. Nothing is taken. */
  async look(visit: (letter: DeadLetter) => boolean): Promise<void> {
    await this.#each(async (letter) => visit(letter));
  }

  /**
   * Puts them back into the queue of the events, each confirmed there before it is taken from here.
   * @param limit so many at once
   * @param before only those that have not become one since; what is still wrong comes back
   */
  async replay(
    selection: Selection,
    { limit = Infinity, before }: { limit?: number; before?: Date } = {},
  ): Promise<Taken> {
    await this.#channel.checkExchange(asideExchange);
    const isOld = ({ at }: DeadLetter) => before === undefined || !(Date.parse(at ?? '') >= before.getTime());
    const isMeant = meantBy(selection);
    return this.#take(
      (letter) => isOld(letter) && isMeant(letter),
      limit,
      async (letter) => {
        await this.#discarded.takeBack(letter);
        await this.#publish(letter.message);
      },
    );
  }

  /**
   * Throws them away for good, each written down before it is taken from here.
   * @param limit so many at once
   */
  async discard(selection: Selection, by: DiscardedBy, limit = Infinity): Promise<Taken> {
    return this.#take(meantBy(selection), limit, (letter) => this.#discarded.note(letter, by));
  }

  async #take(
    isMeant: (letter: DeadLetter) => boolean,
    limit: number,
    first: (letter: DeadLetter) => Promise<void>,
  ): Promise<Taken> {
    const ids: (string | undefined)[] = [];
    await this.#each(async (letter) => {
      if (isMeant(letter)) {
        await first(letter);
        this.#channel.ack(letter.message);
        ids.push(letter.id);
      }
      return ids.length < limit;
    });
    return { ids, more: ids.length >= limit };
  }

  async #each(visit: (letter: DeadLetter) => Promise<boolean>): Promise<void> {
    await lookIntoQueue(this.#channel, deadLetterQueue, (message) => visit(letterOf(message)));
  }

  async #publish(message: GetMessage): Promise<void> {
    const options = {
      ...copiedProperties(message),
      headers: asNew(message.properties.headers ?? {}),
      persistent: true,
      mandatory: true,
    };
    await new Promise<void>((resolve, reject) => {
      // Comes before the confirm, which RabbitMQ gives for what it has returned, too.
      this.#onReturn = (reply) =>
        reject(new Error(`${orderEventsQueue} does not take it (${reply}): start the worker once`));
      this.#channel.publish(
        asideExchange,
        orderEventsQueue,
        message.content,
        options,
        (error: Error | null) => (error ? reject(error) : resolve()),
      );
    });
  }
}

function letterOf(message: GetMessage): DeadLetter {
  const headers = (message.properties.headers ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
  const { messageId } = message.properties as { messageId?: unknown };
  return {
    id: typeof messageId === 'string' && messageId !== '' ? messageId : undefined,
    reason: text(deadLetterHeaders.reason) ?? (headers['x-death'] ? 'too-many-deliveries' : 'unknown'),
    explanation: text(deadLetterHeaders.explanation),
    at: text(deadLetterHeaders.time),
    message,
  };
}

function meantBy(selection: Selection): (letter: DeadLetter) => boolean {
  if ('all' in selection) return () => true;
  if ('reason' in selection) return ({ reason }) => reason === selection.reason;
  const ids = new Set<string | undefined>(selection.ids);
  return ({ id }) => ids.has(id);
}

/** Without what we wrote when it became a dead letter: it gets all its tries again. */
function asNew(headers: Record<string, unknown>): Record<string, unknown> {
  const ours = new Set<string>([attemptsHeader, ...Object.values(deadLetterHeaders)]);
  return harmless(Object.fromEntries(Object.entries(headers).filter(([name]) => !ours.has(name))));
}
