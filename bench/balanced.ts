/**
 * The order of a round. What a run leaves behind (a broker that tidies up, pages on their way to the disk) is felt by the
 * next one; here each comes after another one in each round, and at another place. Two neighbours meet once in as many
 * rounds as there are contenders, if their number is even; the sequence is that of Williams' balanced Latin square:
 * https://doi.org/10.1071/CH9490149
 */
export function balanced<T>(list: readonly T[], round: number): T[] {
  const { length } = list;
  return list.map((_, place) => {
    const number = place % 2 === 0 ? place / 2 : length - (place + 1) / 2;
    return list[(number + round) % length]!;
  });
}
