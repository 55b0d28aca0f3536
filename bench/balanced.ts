/**
 * The order of a round. What a run leaves behind (a broker that tidies up, pages on their way to the disk) is felt by the
 * next one; here each comes after others in other rounds, and at other places. Two neighbours meet once in as many rounds
 * as there are contenders, or twice if their number is odd; the sequence is that of Williams' balanced Latin square:
 * https://doi.org/10.1071/CH9490149
 */
export function balanced<T>(list: readonly T[], round: number): T[] {
  const { length } = list;
  return list.map((_, place) => {
    const number = place % 2 === 0 ? place / 2 : length - (place + 1) / 2;
    return list[(number + round) % length]!;
  });
}
