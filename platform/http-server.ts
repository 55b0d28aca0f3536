import type { ProblemCode } from '@event-sync/contracts/problems.ts';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { holdBody } from './expect-continue.ts';
import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import { problemBody, problemMediaType, type ProblemReply } from './problem.ts';

/** Milliseconds. A client that is slower is answered 408 and cut off. */
const headersTimeout = 10_000;
const requestTimeout = 15_000;
/** How often the two above are looked at. */
const connectionsCheckingInterval = 1_000;
/** Nothing moved on the socket: for clients that do not read what they asked for. */
const idleTimeout = 30_000;
/** How long requests in hand may take once the process was asked to stop. */
const drainTimeout = 8_000;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
}

/** What express is: a listener that takes a last resort. */
type App = (req: IncomingMessage, res: ServerResponse, otherwise: () => void) => void;

/** Listens from `start` on. `stop` lets requests in hand end, closes idle keep-alive connections at once, and waits. */
export class HttpServer implements Component {
  readonly name = 'http';
  readonly stopLimitMs = drainTimeout + 500;
  readonly #server: Server;
  readonly #options: HttpServerOptions;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(app: App, options: HttpServerOptions) {
    this.#options = options;
    const listener: RequestListener = (req, res) => {
      if (this.#stopped) res.setHeader('Connection', 'close');
      // Express asks this only for what it cannot match at all, and would answer with a page of its own.
      app(req, res, () => answerUnreadableTarget(res));
    };
    // The app refuses a request without a host itself: node would do so without a body.
    this.#server = createServer(
      {
        headersTimeout,
        requestTimeout,
        connectionsCheckingInterval,
        keepAliveTimeout: 5_000,
        requireHostHeader: false,
      },
      listener,
    );
    this.#server.setTimeout(idleTimeout);
    this.#server.on('clientError', answerClientError);
    this.#server.on('checkExpectation', answerExpectation);
    this.#server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
      holdBody(req, res);
      listener(req, res);
    });
    // Without this listener node would drop the connection of a CONNECT without a word.
    this.#server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
      const detail = 'CONNECT is not possible here: this is no proxy.';
      socket.end(rawProblem('method-not-allowed', detail, ['Allow: GET, HEAD, POST, PUT, OPTIONS']));
    });
  }

  /** Where it listens; with port 0 the system has chosen one. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  start(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return (this.#started ??= this.#listen());
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#close());
  }

  async #listen(): Promise<void> {
    const { host, port, logger } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'EADDRINUSE'
            ? new Error(`port ${port} of ${host} is taken: set PORT to another, or stop what listens there`)
            : error,
        ),
      );
      this.#server.listen({ host, port }, resolve);
    });
    logger.info({ url: this.url }, 'listening');
  }

  async #close(): Promise<void> {
    await this.#started?.catch(() => {});
    if (!this.#server.listening) return;
    // A request that is in hand now was begun without `Connection: close`: its connection becomes idle when it ends.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    const deadline = setTimeout(() => {
      this.#options.logger.warn(
        { drainTimeout },
        'requests in hand did not end in time: closing their connections',
      );
      this.#server.closeAllConnections();
    }, drainTimeout);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearInterval(sweep);
    clearTimeout(deadline);
  }
}

export const versionNotSupported = {
  problem: 'http-version-not-supported',
  detail: 'Only HTTP/1.1 and HTTP/1.0 are spoken here: name one of them in the request line.',
} as const satisfies ProblemReply;

const problemOfParser: Partial<Record<string, [ProblemCode, string]>> = {
  HPE_INVALID_VERSION: [versionNotSupported.problem, versionNotSupported.detail],
  HPE_HEADER_OVERFLOW: ['header-too-large', 'The head of the request is larger than 16 kB: send less.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body-too-large', 'The chunk extensions are too large: send none.'],
  ERR_HTTP_REQUEST_TIMEOUT: [
    'request-timeout',
    'The request took too long to arrive: send it again, faster.',
  ],
};

/** Responses whose end the answer to a client error waits for. */
const answering = new WeakSet<ServerResponse>();

/** What the parser refuses never reaches the app; it is answered here, in the same shape. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const pending = (socket as { _httpMessage?: ServerResponse })._httpMessage;
  // A whole request is at work, and what comes behind it is wrong: the request's own answer goes first. A 400 in its
  // place would say that nothing was done.
  if (pending?.req.complete && socket.writable) {
    // Each further chunk is an error again.
    if (!answering.has(pending)) pending.once('close', () => answerClientError(error, socket));
    answering.add(pending);
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable || pending?.headersSent) {
    socket.destroy();
    return;
  }
  const [problem, detail] = problemOfParser[error.code ?? ''] ?? [
    'malformed-request',
    'This is not a well-formed HTTP/1.1 request: check its request line, headers and framing.',
  ];
  socket.end(rawProblem(problem, detail), () => socket.destroy());
}

function answerExpectation(_req: IncomingMessage, res: ServerResponse): void {
  answer(res, 'expectation-failed', 'Only "Expect: 100-continue" is understood: leave the header out.');
}

function answerUnreadableTarget(res: ServerResponse): void {
  if (res.headersSent) return;
  const detail = 'The target of the request is neither a path nor a URL: send a path, such as "/up".';
  answer(res, 'malformed-request', detail);
}

function answer(res: ServerResponse, problem: ProblemCode, detail: string): void {
  const body = problemBody({ problem, detail });
  const text = JSON.stringify(body);
  res.writeHead(body.status, {
    'Content-Type': problemMediaType,
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  });
  res.end(text);
}

function rawProblem(problem: ProblemCode, detail: string, headers: readonly string[] = []): string {
  const body = problemBody({ problem, detail });
  const text = JSON.stringify(body);
  return [
    `HTTP/1.1 ${body.status} ${body.title}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
    ...headers,
    '',
    text,
  ].join('\r\n');
}
