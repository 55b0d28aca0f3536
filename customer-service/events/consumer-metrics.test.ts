import { expect } from 'chai';
import { Registry } from 'prom-client';
import { consumerMetrics } from './consumer-metrics.ts';

describe('the metrics of the consumer', () => {
  it('have every outcome from the start, so that a rule sees the first dead letter as an increase', async () => {
    const registry = new Registry();
    const metrics = consumerMetrics(registry, { subscribed: () => true, stalledSeconds: () => 0 });
    const deadLetters = async () =>
      /^events_consumed_total\{outcome="dead-letter"\} (\d+)$/m.exec(await registry.metrics())?.[1];
    expect(await deadLetters()).to.equal('0');
    metrics.ended('dead-letter', 1);
    expect(await deadLetters()).to.equal('1');
  });
});
