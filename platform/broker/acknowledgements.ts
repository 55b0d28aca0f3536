import type { Channel, Message } from 'amqplib/callback_api';
import { probe } from '../probe.ts';

/**
 * Acknowledges the deliveries of a channel with one consumer. What is acknowledged in one turn goes out together, and
 * the deliveries up to the first that is still out as one frame: the broker takes that for a whole batch as one.
 *
 * The tags of such a channel are 1, 2, 3 and so on. Remembered are those that are out, and so no more than are prefetched.
 */
export class Acknowledgements {
  readonly #channel: Pick<Channel, 'ack'>;
  /** In their order. */
  readonly #out = new Set<number>();
  #last = 0;
  #fresh: number[] = [];

  constructor(channel: Pick<Channel, 'ack'>) {
    this.#channel = channel;
  }

  /** The next delivery. */
  delivered(tag: number): void {
    this.#out.add(tag);
    this.#last = tag;
  }

  /** Once for each tag. */
  add(tag: number): void {
    this.#fresh.push(tag);
    if (this.#fresh.length === 1) queueMicrotask(() => this.flush());
  }

  /** Sends what was acknowledged: at the end of the turn by itself, and before the channel is closed. */
  flush(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const tag of fresh) this.#out.delete(tag);
    const [first] = this.#out;
    const upTo = first === undefined ? this.#last : first - 1;
    // A tag that the broker has had before closes the channel, also in a frame for all up to it.
    let last = 0;
    for (const tag of fresh) {
      if (tag > upTo) this.#ack(tag, false);
      else last = Math.max(last, tag);
    }
    if (last > 0) this.#ack(last, true);
  }

  #ack(deliveryTag: number, allUpTo: boolean): void {
    try {
      probe('consumer.acknowledge-before');
      this.#channel.ack({ fields: { deliveryTag } } as Message, allUpTo);
      probe('consumer.acknowledged');
    } catch {
      // The channel is gone, and the messages are in the queue again.
    }
  }
}
