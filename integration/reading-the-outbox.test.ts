import { openPass } from '@event-sync/outbox-relay/outbox/pass.ts';
import type { OutboxRow } from '@event-sync/outbox-relay/outbox/row.ts';
import { expect } from 'chai';
import { World } from './world/world.ts';

const partitions = Array.from({ length: 64 }, (_, partition) => partition);
const bytes = 2 ** 20;

describe('reading the outbox', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());
  beforeEach(() => world.orderDb.query('TRUNCATE outbox'));

  /** @param text SQL: of row `i`, in its body */
  const insert = (from: number, to: number, text: string) =>
    world.orderDb.query(
      `INSERT INTO outbox (event_id, ordering_key, type, version, exchange, routing_key, body)
       SELECT gen_random_uuid(), 'key', 'text', 1, 'events', 'text', json_build_object('i', i, 'text', ${text})
       FROM generate_series($1::int, $2) AS i`,
      [from, to],
    );

  /** All that a pass gives, as it gives it. */
  async function read(): Promise<OutboxRow[][]> {
    const pass = await openPass(world.orderDb, { partitions, rows: 1_000, bytes });
    const given: OutboxRow[][] = [];
    while (!pass.ended) given.push(await pass.next());
    await pass.close();
    return given;
  }

  const numbersOf = (rows: readonly OutboxRow[]) =>
    rows.map(({ body }) => (JSON.parse(body) as { i: number }).i);
  const bytesOf = (rows: readonly OutboxRow[]) => rows.reduce((sum, { body }) => sum + body.length, 0);

  for (const [what, text] of [
    ['as they come', "(SELECT string_agg(md5(i::text || n), '') FROM generate_series(1, 4000) AS n)"],
    ['that take next to nothing in the table', "repeat('x', 128000)"],
  ] as const) {
    it(`gives a bounded number of bytes at once: small bodies before large ones, ${what}`, async () => {
      await insert(1, 336, "'small'");
      await insert(337, 400, text);
      await insert(401, 410, "'small'");
      const given = await read();
      expect(numbersOf(given.flat())).to.deep.equal(Array.from({ length: 410 }, (_, i) => i + 1));
      for (const rows of given) expect(bytesOf(rows)).to.be.below(2 * bytes);
      expect(given, 'as few as that takes').to.have.length(8);
    });
  }

  it('gives a body that is larger than that all the same, by itself', async () => {
    await insert(1, 3, "repeat('x', 3000000)");
    const given = await read();
    expect(given.map(numbersOf)).to.deep.equal([[1], [2], [3]]);
  });
});
