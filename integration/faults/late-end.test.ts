import { ConfirmPublisher, type Outcome } from '@event-sync/platform/broker/confirm-publisher.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import amqp, { type Connection } from 'amqplib/callback_api';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { World } from '../world/world.ts';
import { TcpProxy } from './tcp-proxy.ts';

describe('a connection to the broker that was given up', () => {
  let world: World;
  let link: TcpProxy;
  let publisher: ConfirmPublisher;
  const connections: Connection[] = [];

  before(async () => {
    world = await World.create();
    const url = new URL(world.rabbit.url);
    link = await TcpProxy.open({ host: url.hostname, port: Number(url.port) });
    [url.hostname, url.port] = ['127.0.0.1', String(link.port)];
    publisher = new ConfirmPublisher({
      connect: async () => {
        const { promise, resolve, reject } = Promise.withResolvers<Connection>();
        amqp.connect(url.href, (error: Error | null, connection) =>
          error ? reject(error) : resolve(connection),
        );
        connections.push(await promise);
        return connections.at(-1)!;
      },
      logger: createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
      confirmTimeoutMs: 300,
    });
    await publisher.start();
  });
  after(async () => {
    await publisher.stop();
    await world.destroy();
    await link.close();
  });

  const publish = (messageId: string) =>
    new Promise<Outcome>((resolve) =>
      publisher.publish(
        { exchange: 'amq.topic', routingKey: 'none', content: '{}', messageId, properties: {} },
        resolve,
      ),
    );
  const available = () => eventually(() => expect(publisher.problem).to.equal(undefined));

  it('ends late, and takes nothing with it: the next one goes on', async () => {
    await available();
    link.weather = { cut: ['to-client'] };
    expect((await publish('first')).kind, 'without a confirm in time').to.equal('unknown');
    link.weather = {};
    await available();
    expect(connections).to.have.length(2);
    // As amqplib does half a minute later, when the heartbeat of a peer that is gone is missed.
    connections[0]!.emit('blocked', 'low on memory');
    connections[0]!.emit('error', new Error('Heartbeat timeout'));
    connections[0]!.emit('close', new Error('Heartbeat timeout'));
    expect(publisher.problem).to.equal(undefined);
    expect((await publish('second')).kind).to.equal('returned');
  });
});
