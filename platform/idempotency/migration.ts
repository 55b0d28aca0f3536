import type { Knex } from 'knex';

/** Answers to requests that carried an `Idempotency-Key`, written in the transaction of what they tell of. */
export async function createIdempotencyKeys(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE idempotency_keys (
      key         text PRIMARY KEY,
      fingerprint bytea NOT NULL,
      status      smallint NOT NULL,
      headers     json NOT NULL,
      body        text NOT NULL,
      created_at  timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw('CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at)');
  await knex.raw(`
    COMMENT ON TABLE idempotency_keys IS 'Answers that are given again to a request with the same Idempotency-Key'`);
}

export async function dropIdempotencyKeys(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE idempotency_keys');
}
