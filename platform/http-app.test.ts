import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { z } from 'zod';
import { requireBearerToken } from './bearer-token.ts';
import { createHttpApp } from './http-app.ts';
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
const wantsToken = requireBearerToken([{ client: 'shop', token: 'token-of-the-web-shop' }]);

describe('OPTIONS, which carries no data', () => {
  const servers: HttpServer[] = [];
  const listen = async (guarded: { guard: typeof wantsToken } | { guards: [typeof wantsToken] }) => {
    const app = createHttpApp({
      info: { title: 'Things', version: '1.0.0', description: 'For this test.' },
      routes: [things],
      checks: [],
      metrics: createMetrics({ service: 'test' }),
      logger,
      ...guarded,
    });
    const server = new HttpServer(app, { host: '127.0.0.1', port: 0, logger });
    servers.push(server);
    await server.start();
    return server.url;
  };
  const statusLine = async (url: string, request: string): Promise<string> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`${request}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return chunk.toString().split('\r\n')[0]!;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  it('needs no token to ask what is possible at a path', async () => {
    const url = await listen({ guards: [wantsToken] });
    const answer = await fetch(`${url}/things`, { method: 'OPTIONS' });
    expect(answer.status).to.equal(204);
    expect(answer.headers.get('allow')).to.equal('GET, HEAD, OPTIONS');
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
