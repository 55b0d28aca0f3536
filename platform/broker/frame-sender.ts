import type { ConfirmChannel, Connection } from 'amqplib/callback_api';
import { probe } from '../probe.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { firstSize, PublishFrames } from './publish-frames.ts';

/** What we need of amqplib beyond its documented calls; the tests that send messages over it hold it to this. */
interface Wire {
  readonly connection: { readonly frameMax: number; sendBytes(bytes: Buffer): void };
}
interface Confirms {
  readonly ch: number;
  pushConfirmCallback(confirmed: (error: Error | null) => void): void;
}

/**
 * Sends the messages of one turn of the event loop in one write. Through `channel.publish` each message is a write of
 * its own, and so a system call here and a read at the broker: 35 against 25 µs of this process's CPU a message, and
 * 0.65 against 0.74 of the broker's confirm limit (medians of 3 interleaved rounds of 150,000; RabbitMQ 4, 2 cores; see
 * docs/decisions/0007). Rejected: corking the socket for a turn, 17,043 against 17,252 messages/s without (medians of 4
 * rounds, on a machine that others used; why, was not found out); waiting 1 or 3 ms
 * for more messages, 22,995 and 22,413 against 22,752 (medians of 3, by a script that is not in the repository).
 *
 * Nothing else may publish over the channel: the broker counts what arrives, and confirms by that number.
 */
export class FrameSender {
  readonly #connection: Wire['connection'];
  readonly #channel: Confirms;
  readonly #frames: PublishFrames;
  #scheduled = false;
  #ended = false;

  constructor(connection: Connection, channel: ConfirmChannel) {
    this.#connection = (connection as unknown as Wire).connection;
    this.#channel = channel as unknown as Confirms;
    this.#frames = new PublishFrames(this.#channel.ch, this.#connection.frameMax);
  }

  /** @throws {RangeError | TypeError} for a message that AMQP cannot express. */
  send(message: OutgoingMessage, confirmed: (error: Error | null) => void): void {
    this.#frames.add(message);
    this.#channel.pushConfirmCallback(confirmed);
    if (this.#frames.length >= flushAt) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  /**
   * The channel has ended: what is not written yet is never written. Its outcomes are `unknown` by now, and a broker
   * that gets a message on a channel that it has closed ends the whole connection.
   */
  end(): void {
    this.#ended = true;
  }

  #flush(): void {
    if (this.#ended || this.#frames.length === 0) return;
    this.#connection.sendBytes(this.#frames.take());
    probe('publisher.written');
  }
}

/** Before the buffer has to grow for another message of the usual size. */
const flushAt = firstSize - 4096;
