import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { addressesFromEnvironment, useServersFromEnvironment } from './from-environment.ts';

describe('Servers given in the environment', () => {
  const complete = {
    ORDER_DATABASE_URL: 'postgres://orders:s%40crit@db.example:6543/orders',
    CUSTOMER_DATABASE_URL: 'postgresql://customers:secret@db.example/customers',
    RABBITMQ_URL: 'amqp://guest:guest@broker.example:5672/vhost',
    RABBITMQ_MANAGEMENT_URL: 'http://guest:guest@broker.example:15672',
    REDIS_URL: 'redis://cache.example:6379/3',
  };

  it('are none when no variable is set', () => {
    expect(addressesFromEnvironment({ PATH: '/bin' })).to.equal(undefined);
  });

  it('are read from URLs, with the usual port and encoded passwords', () => {
    const addresses = addressesFromEnvironment(complete);
    expect(addresses?.postgresOrder).to.deep.equal({
      host: 'db.example',
      port: 6543,
      user: 'orders',
      password: 's@crit',
      database: 'orders',
    });
    expect(addresses?.postgresCustomer.port).to.equal(5432);
    expect(addresses?.redisUrl).to.equal(complete.REDIS_URL);
  });

  it('are refused when only some are set, naming those that are not', () => {
    const some = { ...complete, REDIS_URL: '', RABBITMQ_URL: undefined };
    expect(() => addressesFromEnvironment(some)).to.throw(/RABBITMQ_URL, REDIS_URL are not/);
  });

  it('are refused when one is of another kind, without printing what may be a password', () => {
    const wrong = { ...complete, RABBITMQ_URL: 'redis://guest:secret@x' };
    expect(() => addressesFromEnvironment(wrong))
      .to.throw(/RABBITMQ_URL is not usable.* amqp:\/\//)
      .and.not.match(/secret/);
    expect(() =>
      addressesFromEnvironment({ ...complete, ORDER_DATABASE_URL: 'postgres://db.example' }),
    ).to.throw(/ORDER_DATABASE_URL is not usable/);
  });

  it('are not ours to stop', async () => {
    const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const at = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const addresses = addressesFromEnvironment({
      ORDER_DATABASE_URL: `postgres://u:p@${at}/d`,
      CUSTOMER_DATABASE_URL: `postgres://u:p@${at}/d`,
      RABBITMQ_URL: `amqp://${at}`,
      RABBITMQ_MANAGEMENT_URL: `http://${at}`,
      REDIS_URL: `redis://${at}`,
    });
    if (!addresses) throw new Error('all five are set');
    const servers = await useServersFromEnvironment(addresses, { onProgress: () => {} });
    listener.close();
    const refusal = await servers.control.redis.stop().catch((error: unknown) => error);
    expect(String(refusal)).to.match(/Redis was given by URL, so it is not ours/);
  });
});
