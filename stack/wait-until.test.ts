import { expect } from 'chai';
import { waitUntil } from './wait-until.ts';

describe('Waiting for a condition', () => {
  const otherwise = () => 'it never came';

  it('ends when it holds', async () => {
    let asked = 0;
    await waitUntil(() => ++asked === 3, { deadlineMs: 30_000, intervalMs: 1, otherwise });
    expect(asked).to.equal(3);
  });

  it('ends with the reason given when the deadline passes', async () => {
    const error = await waitUntil(() => false, { deadlineMs: 5, intervalMs: 1, otherwise }).catch(
      (reason: unknown) => reason,
    );
    expect(String(error)).to.include('it never came');
  });

  it('ends when it is broken off', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const condition = () => {
      controller.abort(reason);
      return false;
    };
    const options = { deadlineMs: 30_000, intervalMs: 1, otherwise, signal: controller.signal };
    expect(await waitUntil(condition, options).catch((error: unknown) => error)).to.equal(reason);
  });
});
