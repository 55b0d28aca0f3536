import type pg from 'pg';

/** Differences that a test has put into a system, to be taken back after it, the last one first. */
export class Planted {
  readonly #undo: (() => Promise<unknown>)[] = [];

  /** Something that is taken back by this, however the test ends. */
  undoBy(undo: () => Promise<unknown>): void {
    this.#undo.push(undo);
  }

  async undo(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  /** Takes rows away. @param where e.g. `event_id = $1` */
  async delete(db: pg.Pool, table: string, where: string, values: unknown[]): Promise<void> {
    const saved = `saved_${this.#undo.length}_${table}`;
    await db.query(`CREATE TABLE ${saved} AS SELECT * FROM ${table} LIMIT 0`);
    await db.query(
      `WITH taken AS (DELETE FROM ${table} WHERE ${where} RETURNING *) INSERT INTO ${saved} SELECT * FROM taken`,
      values,
    );
    this.undoBy(() =>
      // What a repair has put there meanwhile stays.
      db.query(`INSERT INTO ${table} SELECT * FROM ${saved} ON CONFLICT DO NOTHING; DROP TABLE ${saved}`),
    );
  }

  /** Puts a row there whose event id is taken away again by it. */
  async insertEvent(db: pg.Pool, table: string, statement: string, values: unknown[]): Promise<string> {
    const { rows } = await db.query<{ event_id: string }>(`${statement} RETURNING event_id`, values);
    const id = rows[0]!.event_id;
    this.undoBy(() => db.query(`DELETE FROM ${table} WHERE event_id = $1`, [id]));
    return id;
  }

  async addToCount(db: pg.Pool, customerId: number, number: number): Promise<void> {
    const add = (by: number) =>
      db.query('UPDATE customers SET orders_count = orders_count + $2 WHERE id = $1', [customerId, by]);
    await add(number);
    this.undoBy(() => add(-number));
  }
}
