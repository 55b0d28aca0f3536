import type pg from 'pg';

/** A SQLSTATE that Postgres refuses with, or `slow`: it takes longer than any statement may. */
export type Failure = '40001' | '40P01' | '57014' | 'slow';

/** Longer than the statement_timeout of our processes. */
const slowSeconds = 20;

/**
 * Lets the next statements that write to a table fail, with these failures in turn and each as often as it stands there:
 * by a trigger, as if Postgres had found it by itself. What counts them is a sequence, which no rollback sets back.
 *
 * @returns takes it away again, and tells how many failed
 */
export async function failStatements(
  pool: pg.Pool,
  { table, event, failures }: { table: string; event: string; failures: readonly Failure[] },
): Promise<() => Promise<number>> {
  const name = `failing_${table}`;
  const states = failures.map((failure) => `'${failure}'`).join(', ');
  await pool.query(`
    CREATE SEQUENCE ${name};
    CREATE FUNCTION ${name}() RETURNS trigger SECURITY DEFINER SET search_path = public LANGUAGE plpgsql AS $$
    DECLARE
      failure text := (ARRAY[${states}])[nextval('${name}')];
    BEGIN
      IF failure = 'slow' THEN
        PERFORM pg_sleep(${slowSeconds});
      ELSIF failure IS NOT NULL THEN
        RAISE EXCEPTION 'by a test' USING ERRCODE = failure;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER ${name} BEFORE ${event} ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`);
  return async () => {
    const { rows } = await pool.query<{ statements: number }>(
      `SELECT CASE WHEN is_called THEN last_value::int ELSE 0 END AS statements FROM ${name}`,
    );
    await pool.query(`
      DROP TRIGGER ${name} ON ${table};
      DROP FUNCTION ${name};
      DROP SEQUENCE ${name}`);
    return Math.min(rows[0]!.statements, failures.length);
  };
}
