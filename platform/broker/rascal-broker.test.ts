import { expect } from 'chai';
import { rascalConfig, vhost } from './rascal-broker.ts';

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
