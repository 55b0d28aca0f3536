import { ConfirmPublisher, type Outcome } from '@event-sync/platform/broker/confirm-publisher.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import amqp, { type Connection } from 'amqplib/callback_api';
import { expect } from 'chai';
import { eventually } from '../world/eventually.ts';
import { World } from '../world/world.ts';
import { TcpProxy } from './tcp-proxy.ts';

describe('a connection to the broker', () => {
  let world: World;
  let link: TcpProxy;
  let throughLink: string;
  let publisher: ConfirmPublisher;
  let connections: Connection[];

  before(async () => {
    world = await World.create();
    const url = new URL(world.rabbit.url);
    link = await TcpProxy.open({ host: url.hostname, port: Number(url.port) });
    [url.hostname, url.port] = ['127.0.0.1', String(link.port)];
    throughLink = url.href;
  });
  after(async () => {
    await world.destroy();
    await link.close();
  });
  afterEach(() => publisher.stop());

  async function startPublisher(confirmTimeoutMs: number): Promise<void> {
    connections = [];
    publisher = new ConfirmPublisher({
      connect: async () => {
        const { promise, resolve, reject } = Promise.withResolvers<Connection>();
        amqp.connect(throughLink, (error: Error | null, connection) =>
          error ? reject(error) : resolve(connection),
        );
        connections.push(await promise);
        return connections.at(-1)!;
      },
      logger: createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
      confirmTimeoutMs,
    });
    await publisher.start();
    await available();
  }

  const publish = (messageId: string) =>
    new Promise<Outcome>((resolve) =>
      publisher.publish(
        { exchange: 'amq.topic', routingKey: 'none', content: '{}', messageId, properties: {} },
        resolve,
      ),
    );
  const available = () => eventually(() => expect(publisher.problem).to.equal(undefined));

  it('that was given up ends late, and takes nothing with it: the next one goes on', async () => {
    await startPublisher(2_000);
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

  it('that an alarm blocked for longer than a confirm may take is not given up when the alarm is over', async () => {
    const confirmTimeoutMs = 4_000;
    await startPublisher(confirmTimeoutMs);
    const passed = (since: number, ms: number) =>
      eventually(() => expect(performance.now() - since).to.be.above(ms));
    await world.servers.rabbitmqctl(['set_vm_memory_high_watermark', '0.000001']);
    try {
      void publish('tells the broker that this connection publishes');
      await eventually(() => expect(publisher.available).to.equal(false));
      link.weather = { cut: ['to-server'] };
      const outcome = publish('in flight');
      await passed(performance.now(), confirmTimeoutMs);
      // The time for a confirm begins when the alarm is over, which the command may outlive by seconds.
      const over = world.servers.rabbitmqctl(['set_vm_memory_high_watermark', '0.6']);
      await available();
      // It looks every second for what is overdue.
      await passed(performance.now(), 1_100);
      link.weather = {};
      await over;
      expect((await outcome).kind).to.equal('returned');
      expect(connections).to.have.length(1);
    } finally {
      await world.servers.rabbitmqctl(['set_vm_memory_high_watermark', '0.6']);
    }
  });
});
