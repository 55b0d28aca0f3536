import { expect } from 'chai';
import pino from 'pino';
import { Registry } from 'prom-client';
import { Breaker, isBroken } from './breaker.ts';

describe('Breaker', () => {
  const make = (pauseMs: number) => {
    const metrics = new Registry();
    const breaker = new Breaker({
      name: 'it',
      failures: 3,
      pauseMs,
      logger: pino({ level: 'silent' }),
      metrics,
    });
    const open = async () => (await metrics.getSingleMetric('breaker_open')!.get()).values[0]!.value;
    return { breaker, open };
  };
  const failing = () => Promise.reject(new Error('away'));
  const fails = (breaker: Breaker, call: () => Promise<unknown> = failing) =>
    breaker.run(call).then(
      () => 'answered',
      (error: unknown) => (isBroken(error) ? 'not called' : 'failed'),
    );

  it('opens after that many failures in a row, and not before', async () => {
    const { breaker, open } = make(60_000);
    for (let i = 0; i < 5; i++) {
      expect(await fails(breaker)).to.equal('failed');
      expect(await fails(breaker)).to.equal('failed');
      expect(await breaker.run(async () => 'fine')).to.equal('fine');
    }
    expect(await open()).to.equal(0);
    for (let i = 0; i < 3; i++) expect(await fails(breaker)).to.equal('failed');
    expect(breaker.closed).to.equal(false);
    expect(await open()).to.equal(1);
    expect(await fails(breaker, async () => 'fine')).to.equal('not called');
  });

  it('tries with one call whether it is better, and refuses the others at once', async () => {
    const { breaker, open } = make(0);
    for (let i = 0; i < 3; i++) await fails(breaker);
    const trial = Promise.withResolvers<string>();
    const tried = breaker.run(() => trial.promise);
    // The trial has not ended: an answer shows that nobody waits for it.
    expect(await fails(breaker, async () => 'fine')).to.equal('not called');
    trial.resolve('fine');
    expect(await tried).to.equal('fine');
    expect(await open()).to.equal(0);
    expect(await breaker.run(async () => 'fine')).to.equal('fine');
  });
});
