import type { Connection } from 'amqplib/callback_api';
import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import type { Logger } from '../logger.ts';
import { ConfirmPublisher } from './confirm-publisher.ts';

/** A connection that is closed when the test says so, and not when it is asked. */
class SlowConnection extends EventEmitter {
  readonly channel = new EventEmitter();
  /** Where amqplib has its socket. */
  readonly connection = { stream: { destroy: () => {} } };
  #closed = () => {};

  createConfirmChannel(done: (error: null, channel: EventEmitter) => void): void {
    done(null, this.channel);
  }

  close(done: () => void): void {
    this.#closed = done;
  }

  answerClose(): void {
    this.channel.emit('close');
    this.emit('close');
    this.#closed();
  }
}

describe('a publisher that has connected anew', () => {
  const connections: SlowConnection[] = [];
  let available = Promise.withResolvers<void>();
  const publisher = new ConfirmPublisher({
    connect: async () => {
      const connection = new SlowConnection();
      connections.push(connection);
      return connection as unknown as Connection;
    },
    logger: { info: () => {}, warn: () => {} } as unknown as Logger,
    confirmTimeoutMs: 30_000,
    onAvailable: () => available.resolve(),
  });

  before(async () => {
    await publisher.start();
    await available.promise;
    available = Promise.withResolvers();
  });

  after(async () => {
    const stopped = publisher.stop();
    connections.at(-1)!.answerClose();
    await stopped;
  });

  it('goes on when the connection before says at last that it is closed', async () => {
    const [before] = connections as [SlowConnection];
    before.channel.emit('error', Object.assign(new Error('NOT_FOUND'), { code: 404 }));
    expect(publisher.available).to.be.false;
    await available.promise;

    before.answerClose();
    expect(publisher.available).to.be.true;
  });
});
