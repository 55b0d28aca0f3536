/**
 * Walks two ordered streams side by side and yields what stands at each key: on the left, on the right, or on both. Each
 * key stands once in each stream. Holds one row of each.
 *
 * @param compare below zero if the left key comes first; the order of both streams.
 */
export async function* merge<Left, Right>(
  left: AsyncIterable<Left>,
  right: AsyncIterable<Right>,
  compare: (left: Left, right: Right) => number,
): AsyncGenerator<[Left, undefined] | [undefined, Right] | [Left, Right]> {
  const lefts = left[Symbol.asyncIterator]();
  const rights = right[Symbol.asyncIterator]();
  let [l, r] = [await lefts.next(), await rights.next()];
  while (!l.done || !r.done) {
    const order = l.done ? 1 : r.done ? -1 : compare(l.value, r.value);
    if (order < 0) {
      yield [l.value as Left, undefined];
      l = await lefts.next();
    } else if (order > 0) {
      yield [undefined, r.value as Right];
      r = await rights.next();
    } else {
      yield [l.value as Left, r.value as Right];
      [l, r] = [await lefts.next(), await rights.next()];
    }
  }
}

/** UUIDs as Postgres writes them, in lower case, stand in its own order. */
export const byText = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

/** Positive whole numbers as Postgres writes them, of any size. */
export const byNumber = (left: string, right: string) => left.length - right.length || byText(left, right);
