import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { Backlog } from '../outbox/backlog.ts';
import { relayMetrics } from './relay-metrics.ts';

describe('what /metrics says of the backlog', () => {
  let registry: Registry;
  let looks: number;
  let backlog: Backlog | undefined;

  beforeEach(() => {
    registry = new Registry();
    looks = 0;
    backlog = undefined;
    relayMetrics(registry, {
      backlog: async () => {
        looks++;
        await new Promise(setImmediate);
        if (!backlog) throw new Error('connect ECONNREFUSED');
        return backlog;
      },
      ownedPartitions: () => 64,
      suspendedRoutes: () => 0,
      available: () => true,
    });
  });

  const samples = async () =>
    (await registry.metrics())
      .split('\n')
      .filter((line) => /^outbox_(backlog|oldest|parked)_(rows|sec)/.test(line));

  it('is of this scrape, all of it from one look', async () => {
    backlog = { rows: 1, oldestSeconds: 2, parked: 3 };
    await samples();
    backlog = { rows: 4, oldestSeconds: 5, parked: 6 };
    expect(await samples()).to.have.members([
      'outbox_backlog_rows 4',
      'outbox_oldest_seconds 5',
      'outbox_parked_rows 6',
    ]);
    expect(looks).to.equal(2);
  });

  it('is nothing while Postgres is away, and is there again afterwards', async () => {
    expect(await samples()).to.deep.equal([]);
    backlog = { rows: 1, oldestSeconds: 2, parked: 3 };
    expect(await samples()).to.have.length(3);
    backlog = undefined;
    expect(await samples()).to.deep.equal([]);
  });
});
