import { HintListener } from '@event-sync/platform/hint-listener.ts';
import { createLogger } from '@event-sync/platform/logger.ts';
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { queryObjects } from 'node:v8';
import pg from 'pg';
import { TcpProxy } from './faults/tcp-proxy.ts';
import { eventually } from './world/eventually.ts';
import { sharedServers } from './world/servers.ts';

describe('who listens for hints', () => {
  const logger = createLogger({ name: 'test', LOG_LEVEL: 'silent', LOG_FORMAT: 'json' });
  const closing: (() => Promise<unknown>)[] = [];
  let hints: number;

  /** @param port on this machine */
  async function listen(port: number, { answersWithinMs = 200 } = {}): Promise<HintListener> {
    hints = 0;
    const listener = new HintListener({
      settings: {
        ...sharedServers().addresses.postgresOrder,
        ...{ host: '127.0.0.1', port, query_timeout: answersWithinMs },
      },
      channel: 'a_test',
      onHint: () => hints++,
      logger,
      checkMs: 300,
    });
    await listener.start();
    closing.push(() => listener.stop());
    return listener;
  }
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('notices that its connection is gone when nobody says so, and hears over the next one', async () => {
    const address = sharedServers().addresses.postgresOrder;
    const link = await TcpProxy.open(address);
    const notifier = new pg.Client({ ...address });
    await notifier.connect();
    closing.push(
      () => link.close(),
      () => notifier.end(),
    );
    await listen(link.port);
    await eventually(() => expect(hints, 'at its start').to.equal(1));
    link.forget();
    await eventually(() => expect(hints, 'over the next connection').to.equal(2));
    await notifier.query('NOTIFY a_test');
    await eventually(() => expect(hints).to.equal(3));
  });

  for (const [what, cutFirst] of [
    ['that has fallen silent', false],
    ['that it is connecting to', true],
  ] as const) {
    it(`ends at once when it is stopped, beside a server ${what}`, async () => {
      const link = await TcpProxy.open(sharedServers().addresses.postgresOrder);
      closing.push(() => link.close());
      const silence = { cut: ['to-server', 'to-client'] } as const;
      if (cutFirst) link.weather = silence;
      const listener = await listen(link.port, { answersWithinMs: 30_000 });
      await eventually(() => expect(cutFirst ? link.connections : hints).to.equal(1));
      link.weather = silence;
      const asked = performance.now();
      await listener.stop();
      expect(performance.now() - asked, 'milliseconds').to.be.lessThan(10_000);
    });
  }

  it('keeps none of the connections that it could not make', async () => {
    let tries = 0;
    const refusing = createServer((socket) => {
      tries++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    closing.push(() => new Promise((resolve) => refusing.close(resolve)));
    const before = queryObjects(pg.Client, { format: 'count' });
    await listen((refusing.address() as AddressInfo).port);
    await eventually(() => expect(tries).to.be.at.least(4));
    // The one that it tries now.
    expect(queryObjects(pg.Client, { format: 'count' }) - before).to.be.at.most(1);
  });
});
