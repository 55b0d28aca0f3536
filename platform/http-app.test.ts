import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { z } from 'zod';
import { requireBearerToken } from './bearer-token.ts';
import { createHttpApp, type HttpAppOptions } from './http-app.ts';
import { HttpServer } from './http-server.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { reply, route } from './route.ts';

const logger = createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
const things = route({
  method: 'GET',
  path: '/things',
  operationId: 'listThings',
  summary: 'All things',
  tags: ['Things'],
  responses: { 200: { description: 'They', body: z.array(z.string()) } },
  handler: async () => reply(200, ['one']),
});
const addThing = route({
  method: 'POST',
  path: '/things',
  operationId: 'addThing',
  summary: 'One more',
  tags: ['Things'],
  body: z.strictObject({ thing: z.string() }),
  responses: { 201: { description: 'It', body: z.string() } },
  handler: async ({ body }) => reply(201, body.thing),
});
const wantsToken = requireBearerToken([{ client: 'shop', token: 'token-of-the-web-shop' }]);

const servers: HttpServer[] = [];
async function listen(options: Partial<HttpAppOptions> = {}): Promise<string> {
  const app = createHttpApp({
    info: { title: 'Things', version: '1.0.0', description: 'For this test.' },
    routes: [things, addThing],
    checks: [],
    metrics: createMetrics({ service: 'test' }),
    logger,
    ...options,
  });
  const server = new HttpServer(app, { host: '127.0.0.1', port: 0, logger });
  servers.push(server);
  await server.start();
  return server.url;
}
async function stopAll(): Promise<void> {
  for (const server of servers.splice(0)) await server.stop();
}

describe('a client that waits to be asked for its body', () => {
  afterEach(stopAll);

  /** Sends each piece when this text has come, and resolves with all that came until the connection was closed. */
  const converse = async (url: string, pieces: readonly (readonly [after: string, piece: string])[]) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let heard = '';
    const left = [...pieces];
    const speak = () => {
      while (left.length > 0 && heard.endsWith(left[0]![0])) socket.write(left.shift()![1]);
    };
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      speak();
    });
    socket.on('error', () => {});
    await once(socket, 'connect');
    speak();
    await once(socket, 'close');
    return heard.match(/HTTP\/1\.1 \d{3} [A-Za-z ]+|Connection: close/g);
  };
  const head = (length: number) =>
    [
      'POST /things HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Expect: 100-continue',
      `Content-Length: ${length}`,
      '\r\n',
    ].join('\r\n');

  it('is asked for it, answered, and can go on with the connection', async () => {
    const body = JSON.stringify({ thing: 'two' });
    const last = 'GET /things HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    expect(
      await converse(await listen(), [
        ['', head(body.length)],
        ['HTTP/1.1 100 Continue\r\n\r\n', body],
        ['two', last],
      ]),
    ).to.deep.equal([
      'HTTP/1.1 100 Continue',
      'HTTP/1.1 201 Created',
      'HTTP/1.1 200 OK',
      'Connection: close',
    ]);
  });

  it('is not asked for one that is too large, nor for one that is refused by its head, and the connection ends', async () => {
    expect(await converse(await listen(), [['', head(1e9)]])).to.deep.equal([
      'HTTP/1.1 413 Payload Too Large',
      'Connection: close',
    ]);
    expect(await converse(await listen({ guards: [wantsToken] }), [['', head(17)]])).to.deep.equal([
      'HTTP/1.1 401 Unauthorized',
      'Connection: close',
    ]);
  });
});

describe('What has no ETag', () => {
  afterEach(stopAll);

  it('is never "not modified", whatever the request asks for', async () => {
    const url = await listen();
    for (const path of ['/things', '/openapi.json', '/metrics', '/up', '/api-docs/'])
      for (const headers of [{ 'If-None-Match': '*' }, { 'If-Modified-Since': new Date().toUTCString() }])
        expect((await fetch(`${url}${path}`, { headers })).status, path).to.equal(200);
  });
});

describe('OPTIONS, which carries no data', () => {
  const statusLine = async (url: string, request: string): Promise<string> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`${request}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return chunk.toString().split('\r\n')[0]!;
  };
  afterEach(stopAll);

  it('needs no token to ask what is possible at a path', async () => {
    const url = await listen({ guards: [wantsToken] });
    const answer = await fetch(`${url}/things`, { method: 'OPTIONS' });
    expect(answer.status).to.equal(204);
    expect(answer.headers.get('allow')).to.equal('GET, HEAD, POST, OPTIONS');
    expect((await fetch(`${url}/things`)).status).to.equal(401);
    expect((await fetch(`${url}/things`, { method: 'DELETE' })).status).to.equal(401);
  });

  it('can be asked of the server as a whole', async () => {
    const url = await listen({ guards: [wantsToken] });
    expect(await statusLine(url, 'OPTIONS * HTTP/1.1')).to.equal('HTTP/1.1 204 No Content');
    expect(await statusLine(url, 'GET * HTTP/1.1')).to.equal('HTTP/1.1 404 Not Found');
  });

  it('is not answered where nobody without a token should even see the API', async () => {
    const url = await listen({ guard: wantsToken });
    expect((await fetch(`${url}/things`, { method: 'OPTIONS' })).status).to.equal(401);
    expect(await statusLine(url, 'OPTIONS * HTTP/1.1')).to.equal('HTTP/1.1 401 Unauthorized');
  });
});

describe('a database that does not answer', () => {
  afterEach(stopAll);

  const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
  for (const [what, method, error, says] of [
    ['of what was sent', 'POST', lost, /may have been stored: look before you send it again/],
    [
      'of what was not sent on',
      'POST',
      Object.assign(new Error(), lost, { nothingDone: true }),
      /Nothing was changed/,
    ],
    ['of a question', 'GET', lost, /Nothing was changed/],
  ] as const) {
    it(`is told ${what} in the words that are true of it`, async () => {
      const failing = { ...(method === 'GET' ? things : addThing), handle: () => Promise.reject(error) };
      const answer = await fetch(`${await listen({ routes: [failing] })}/things`, { method });
      expect(answer.status).to.equal(503);
      expect(answer.headers.get('retry-after')).to.equal('1');
      expect(((await answer.json()) as { detail: string }).detail).to.match(says);
    });
  }
});
