import { expect } from 'chai';
import { Hint } from './hint.ts';

describe('Hint', () => {
  it('makes one hint of many that are raised while one is on its way', async () => {
    const sends: PromiseWithResolvers<void>[] = [];
    const hint = new Hint(() => {
      const sending = Promise.withResolvers<void>();
      sends.push(sending);
      return sending.promise;
    });
    for (let i = 0; i < 5; i++) hint.raise();
    expect(sends).to.have.length(1);
    sends[0]!.resolve();
    await new Promise(setImmediate);
    expect(sends, 'what was raised meanwhile').to.have.length(2);
    sends[1]!.resolve();
    await new Promise(setImmediate);
    expect(sends).to.have.length(2);
  });

  it('is not stopped by a hint that could not be sent', async () => {
    let sends = 0;
    const hint = new Hint(() => {
      sends++;
      return Promise.reject(new Error('no connection'));
    });
    hint.raise();
    await new Promise(setImmediate);
    hint.raise();
    await new Promise(setImmediate);
    expect(sends).to.equal(2);
  });
});
