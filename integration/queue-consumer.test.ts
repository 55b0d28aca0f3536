import { orderEventsQueue, queueArguments } from '@event-sync/contracts/topology.ts';
import { QueueConsumer, type Delivery } from '@event-sync/platform/broker/queue-consumer.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { connect, type Connection } from 'amqplib/callback_api';
import { expect } from 'chai';
import { eventually } from './world/eventually.ts';
import { World } from './world/world.ts';

describe('the consumer of a queue', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
    await world.rabbit.declare((channel) =>
      channel.assertQueue(orderEventsQueue, { durable: true, arguments: queueArguments[orderEventsQueue] }),
    );
  });
  afterEach(() => world.destroy());

  it('gets its last acknowledgements to the broker before it ends, and gives back what it has not acknowledged', async () => {
    await world.rabbit.publishAll('', orderEventsQueue, Array<string>(100).fill('{}'));
    const deliveries: Delivery[] = [];
    const consumer = new QueueConsumer({
      connect: () =>
        new Promise<Connection>((resolve, reject) =>
          connect(world.rabbit.url, {}, (error: Error | null, connection: Connection) =>
            error ? reject(error) : resolve(connection),
          ),
        ),
      queue: orderEventsQueue,
      prefetch: 100,
      onDelivery: (delivery) => deliveries.push(delivery),
      onMissing: async () => {},
      logger: createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }),
    });
    try {
      await consumer.start();
      await eventually(() => expect(deliveries).to.have.length(100));
      await consumer.cancel();
      for (const delivery of deliveries.slice(0, 90)) delivery.ack();
    } finally {
      await consumer.stop();
    }
    // Only when the broker has noticed the end of the channel is it known what it gives back.
    await eventually(async () => expect(await world.rabbit.ready(orderEventsQueue)).to.be.above(0));
    expect(await world.rabbit.ready(orderEventsQueue)).to.equal(10);
  });
});
