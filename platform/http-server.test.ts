import { expect } from 'chai';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { HttpServer } from './http-server.ts';
import { createLogger } from './logger.ts';

const logger = createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('the HTTP server', () => {
  const servers: HttpServer[] = [];
  const listen = async (app: RequestListener) => {
    const server = new HttpServer(app, { host: '127.0.0.1', port: 0, logger });
    servers.push(server);
    await server.start();
    return server;
  };
  const open = async (server: HttpServer): Promise<Socket> => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  it('can be started and stopped more than once, in any order', async () => {
    const server = await listen((_req, res) => res.end('ok'));
    const { url } = server;
    await Promise.all([server.start(), server.start()]);
    expect(await (await fetch(url)).text()).to.equal('ok');
    await Promise.all([server.stop(), server.stop()]);
    await server.start();
    expect(await fetch(url).catch(() => 'closed')).to.equal('closed');
    await new HttpServer(() => {}, { host: '127.0.0.1', port: 0, logger }).stop();
  });

  it('stops at once although a client keeps an idle connection open', async () => {
    const server = await listen((_req, res) => res.end('ok'));
    const socket = await open(server);
    socket.write(request);
    await once(socket, 'data');
    const closed = once(socket, 'close');
    socket.resume();
    const asked = performance.now();
    await server.stop();
    await closed;
    expect(performance.now() - asked, 'an idle connection is kept for 5,000 ms').to.be.lessThan(4_000);
  });

  it('lets a request in hand end before it stops', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const server = await listen((_req, res) => arrived.resolve(() => res.end('late')));
    const answer = fetch(server.url);
    const finish = await arrived.promise;
    const stopped = server.stop();
    finish();
    expect(await (await answer).text()).to.equal('late');
    await stopped;
  });

  it('answers the requests that were whole when what comes behind them is not HTTP', async () => {
    const finish: (() => void)[] = [];
    const server = await listen((req, res) => {
      req.resume().on('end', () => finish.push(() => res.writeHead(201).end(`done ${req.url}`)));
    });
    const socket = await open(server);
    let answer = '';
    socket.on('data', (data) => (answer += String(data)));
    const closed = once(socket, 'close');
    for (const path of ['/1', '/2']) {
      socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}`);
    }
    for (let chunk = 0; chunk < 20; chunk++) {
      socket.write('{}');
      await new Promise(setImmediate);
    }
    while (finish.length < 2) await new Promise(setImmediate);
    for (const end of finish) end();
    await closed;
    expect(answer.match(/HTTP\/1.1 \d+|done \/\d/g)).to.deep.equal([
      'HTTP/1.1 201',
      'done /1',
      'HTTP/1.1 201',
      'done /2',
      'HTTP/1.1 400',
    ]);
  });

  it('says which port is taken and what to do', async () => {
    const first = await listen(() => {});
    const port = Number(new URL(first.url).port);
    const second = new HttpServer(() => {}, { host: '127.0.0.1', port, logger });
    const error = await second.start().catch((reason: unknown) => reason);
    expect(String(error)).to.contain(`port ${port} of 127.0.0.1 is taken: set PORT to another`);
    await second.stop();
  });

  it('answers what is not HTTP with a problem, and hangs up', async () => {
    const server = await listen((_req, res) => res.end('ok'));
    const socket = await open(server);
    const closed = once(socket, 'close');
    socket.write('nonsense\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).to.match(
      /^HTTP\/1\.1 400 Malformed request\r\nContent-Type: application\/problem\+json/,
    );
    await closed;
  });
});
