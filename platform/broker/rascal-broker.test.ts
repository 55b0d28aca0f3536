import { expect } from 'chai';
import { rascalConfig, TopologyConflict, vhost } from './rascal-broker.ts';

describe('rascalConfig', () => {
  it('keeps every binding of a queue to one exchange', () => {
    const bindings = ['order.created', 'order.cancelled'].map((routingKey) => ({
      exchange: 'events',
      queue: 'order_events_queue',
      routingKey,
    }));
    const config = rascalConfig('amqp://127.0.0.1', 'test', { bindings }) as {
      vhosts: Record<string, { bindings: Record<string, { bindingKey: string }> }>;
    };
    const keys = Object.values(config.vhosts[vhost]!.bindings).map(({ bindingKey }) => bindingKey);
    expect(keys).to.deep.equal(['order.created', 'order.cancelled']);
  });
});

describe('a conflict with what RabbitMQ holds', () => {
  const adviceFor = (what: string, name: string) =>
    new TopologyConflict(
      new Error(
        `Operation failed: 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'type' for ${what} '${name}' in vhost '/': received 'topic' but current is 'direct'"`,
      ),
    ).message;

  it('is answered with advice about what it is about', () => {
    expect(adviceFor('exchange', 'events'))
      .to.match(/durable topic exchange/)
      .and.not.match(/quorum queue/);
    expect(adviceFor('queue', 'an exchange'))
      .to.match(/quorum queue/)
      .and.not.match(/topic exchange/);
  });
});
