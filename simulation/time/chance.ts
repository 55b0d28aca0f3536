/**
 * Chance from a seed (mulberry32); 0 is no chance at all, so that a counterexample shrinks to one in which everything
 * takes equally long. Each process has its own, so that what is left out in one does not change all the others.
 */
export function chance(seed: number, name: string): () => number {
  if (seed === 0) return () => 0.5;
  let state = seed;
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
