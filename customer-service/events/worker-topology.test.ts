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
    const bound = ofCompose.bindings.map(
      ({ source, destination, routing_key }) => `${source} [${routing_key}] ${destination}`,
    );
    // Versions of one event have one binding, which the worker asks for with each.
    const wanted = new Set(
      workerTopology.bindings!.map(
        ({ exchange, routingKey, queue }) => `${exchange} [${routingKey}] ${queue}`,
      ),
    );
    expect(bound).to.have.members([...wanted]);
  });
});
