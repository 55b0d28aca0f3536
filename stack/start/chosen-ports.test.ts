import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { freePort } from '../ports.ts';
import { choosePorts, portVariables, refuseTakenPorts } from './chosen-ports.ts';

describe('The ports of npm start', () => {
  it('are those of the replaced system unless others are chosen', () => {
    const { services, servers } = choosePorts({ ORDER_PORT: '4001', REDIS_PORT: '' });
    expect(services).to.deep.equal({ order: 4001, customer: 3002, relay: 3003, worker: 3004 });
    expect(servers).to.deep.equal({
      postgresOrder: 5433,
      postgresCustomer: 5434,
      rabbitmq: 5672,
      rabbitmqManagement: 15672,
      redis: 6379,
    });
  });

  it('are refused all at once when they are not ports, or chosen twice', () => {
    const wrong = { ORDER_PORT: '0', REDIS_PORT: 'abc', RELAY_PORT: '3002' };
    expect(() => choosePorts(wrong)).to.throw(
      /ORDER_PORT=0 .*\n.*REDIS_PORT=abc .*\n.*CUSTOMER_PORT and RELAY_PORT/,
    );
  });

  it('are all named when they are taken, with who holds them and what to set', async () => {
    const listeners = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '0.0.0.0')];
    await Promise.all(listeners.map((listener) => once(listener, 'listening')));
    const [first, second] = listeners.map((listener) => String((listener.address() as AddressInfo).port));
    const free = await Promise.all(
      Object.keys(portVariables).map(async (name) => [name, String(await freePort())]),
    );
    const chosen = choosePorts({
      ...(Object.fromEntries(free) as Record<string, string>),
      ORDER_PORT: first,
      REDIS_PORT: second,
    });
    const message = String(await refuseTakenPorts(chosen, false).catch((error: unknown) => error));
    expect(message).to.include(`${first}  for order API`).and.include(`${second}  for Redis`);
    expect(message).to.include(`(pid ${process.pid})`);
    expect(message).to.match(/ORDER_PORT=\d+ REDIS_PORT=\d+ npm start$/);

    const given = String(await refuseTakenPorts(chosen, true).catch((error: unknown) => error));
    expect(given, 'with servers that somebody else runs').to.include('order API').and.not.include('Redis');
    listeners.forEach((listener) => listener.close());
  });
});
