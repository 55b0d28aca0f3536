import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerTopology } from './worker-topology.ts';

interface Definitions {
  exchanges: { name: string; type: string }[];
  queues: { name: string; arguments: object }[];
  bindings: { source: string; destination: string; routing_key: string }[];
}

const ofCompose = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../deploy/rabbitmq/definitions.json'), 'utf8'),
) as Definitions;

/** A worker that may declare its topology, and one that finds it, must not work with two different ones. */
describe('deploy/rabbitmq/definitions.json', () => {
  it('has the exchanges and the queues that the worker would declare', () => {
    expect(Object.fromEntries(ofCompose.exchanges.map(({ name, type }) => [name, { type }]))).to.deep.equal(
      workerTopology.exchanges,
    );
    expect(
      Object.fromEntries(ofCompose.queues.map((queue) => [queue.name, { arguments: queue.arguments }])),
    ).to.deep.equal(workerTopology.queues);
  });

  it('binds the queues to what the worker would bind them to, and to nothing else', () => {
    expect(
      ofCompose.bindings.map(({ source, destination, routing_key }) => ({
        exchange: source,
        queue: destination,
        routingKey: routing_key,
      })),
    ).to.have.deep.members(workerTopology.bindings!);
  });
});
