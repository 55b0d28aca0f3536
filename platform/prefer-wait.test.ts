import { expect } from 'chai';
import { preferredWait } from './prefer-wait.ts';

describe('preferredWait', () => {
  const said: [string | undefined, number | undefined][] = [
    ['wait=2', 2],
    ['respond-async, wait=10', 10],
    ['Wait = "5"', 5],
    ['wait=3; foo="bar"', 3],
    ['wait=1, wait=9', 1],
    ['wait=0', 0],
    ['wait=abc, wait=4', 4],
    [undefined, undefined],
    ['', undefined],
    ['wait', undefined],
    ['wait=-1', undefined],
    ['wait=0.5', undefined],
    ['wait=99999999999999999999', undefined],
    ['await=2', undefined],
  ];
  for (const [prefer, seconds] of said)
    it(`reads ${JSON.stringify(prefer)} as ${seconds}`, () =>
      expect(preferredWait(prefer)).to.equal(seconds));
});
