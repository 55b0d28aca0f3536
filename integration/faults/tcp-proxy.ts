import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export type Direction = 'to-server' | 'to-client';

/** How the network is between a process and a server. */
export interface Weather {
  /** Milliseconds that each piece of data takes longer, one after the other. */
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
  /** Nothing comes through, in these directions; nobody is told. What was sent arrives when it has healed. */
  readonly cut?: readonly Direction[];
}

/**
 * Stands between a process and a server on loopback, and does to their connections what a network does. In this
 * process, so that it stops exactly when it is told to.
 */
export class TcpProxy {
  #touched = new Set<number>();
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #connections = new Map<number, Connection>();
  #weather: Weather = {};
  #changed = Promise.withResolvers<void>();
  #count = 0;
  #swallow: { pattern: string; done: () => void } | undefined;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  static async open(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Connections that have felt what was last done to this link. */
  get touched(): number {
    return this.#touched.size;
  }

  /** From now on, for the connections that are there and those that come. */
  set weather(weather: Weather) {
    this.#weather = weather;
    this.#touched = new Set();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Ends every connection with a RST, on both sides. */
  reset(): void {
    this.#touched = new Set(this.#connections.keys());
    for (const connection of [...this.#connections.values()]) connection.reset();
  }

  /**
   * Half-open: the server's side of every connection is gone, and the client's stays and is silent, until `reset` or
   * `finish`.
   */
  forget(): void {
    this.#touched = new Set(this.#connections.keys());
    for (const connection of [...this.#connections.values()]) connection.forgetServer();
  }

  /** Ends, with a FIN, what `forget` has left. */
  finish(): void {
    for (const connection of this.#connections.values()) connection.finish();
  }

  /**
   * The next time that a piece of data with this text has gone to the server, its answer is lost, and the connection
   * with it: the server has done what it was asked, and the client does not know.
   *
   * @returns what resolves when it has happened
   */
  loseReplyTo(pattern: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#swallow = { pattern, done: resolve };
    return promise;
  }

  async close(): Promise<void> {
    this.weather = {};
    this.#server.close();
    this.reset();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const id = ++this.#count;
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const connection = new Connection(client, server);
    this.#connections.set(id, connection);
    connection.onGone = () => this.#connections.delete(id);
    for (const [direction, from, to] of [
      ['to-server', client, server],
      ['to-client', server, client],
    ] as const) {
      from.pipe(new Passage((chunk) => this.#pass(direction, chunk, connection, id))).pipe(to);
    }
  }

  /** @returns whether the piece of data is to go on, when its time has come */
  async #pass(direction: Direction, chunk: Buffer, connection: Connection, id: number): Promise<boolean> {
    while (this.#weather.cut?.includes(direction)) {
      this.#touched.add(id);
      await this.#changed.promise;
    }
    const { latencyMs = 0, bytesPerSecond = Infinity } = this.#weather;
    const waitMs = latencyMs + (chunk.length / bytesPerSecond) * 1_000;
    if (waitMs > 0) {
      this.#touched.add(id);
      await Promise.race([delay(waitMs), this.#changed.promise]);
    }
    if (direction === 'to-server' && this.#swallow && chunk.includes(this.#swallow.pattern)) {
      connection.onReply = this.#swallow.done;
      this.#swallow = undefined;
    } else if (direction === 'to-client' && connection.onReply) {
      connection.onReply();
      connection.reset();
      return false;
    }
    return true;
  }
}

class Connection {
  onReply: (() => void) | undefined;
  onGone: () => void = () => {};
  readonly #client: Socket;
  readonly #server: Socket;
  #forgotten = false;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!(this.#forgotten && socket === server)) other.destroy();
        if (client.destroyed && server.destroyed) this.onGone();
      });
    }
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  finish(): void {
    if (this.#forgotten) this.#client.destroySoon();
  }

  forgetServer(): void {
    this.#forgotten = true;
    this.#client.unpipe();
    this.#client.resume();
    this.#server.unpipe();
    this.#server.resetAndDestroy();
  }
}

/** Lets pieces of data through one after the other, each when it may. */
class Passage extends Transform {
  readonly #pass: (chunk: Buffer) => Promise<boolean>;

  constructor(pass: (chunk: Buffer) => Promise<boolean>) {
    super();
    this.#pass = pass;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    void this.#pass(chunk).then((goesOn) => (goesOn ? done(null, chunk) : done()));
  }
}
