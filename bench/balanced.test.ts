import { expect } from 'chai';
import { balanced } from './balanced.ts';

describe('the order of a round', () => {
  const list = ['a', 'b', 'c', 'd', 'e', 'f'];
  const rounds = list.map((_, round) => balanced(list, round));

  it('has everybody in it once, each time at another place', () => {
    for (const round of rounds) expect(round.toSorted()).to.deep.equal(list);
    for (const place of list.keys())
      expect(rounds.map((round) => round[place]!).toSorted()).to.deep.equal(list);
  });

  it('lets nobody come twice after the same neighbour', () => {
    const pairs = rounds.flatMap((round) => round.slice(1).map((name, i) => `${round[i]}${name}`));
    expect(new Set(pairs).size).to.equal(pairs.length);
  });
});
