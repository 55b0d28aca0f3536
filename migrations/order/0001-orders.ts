import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE orders (
      id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer_id  bigint NOT NULL CHECK (customer_id > 0),
      product_name text NOT NULL CHECK (char_length(product_name) BETWEEN 1 AND 255),
      quantity     integer NOT NULL CHECK (quantity >= 1),
      price        numeric(12, 2) NOT NULL CHECK (price >= 0.01),
      total_amount numeric(22, 2) NOT NULL CHECK (total_amount = price * quantity),
      status       text NOT NULL CHECK (status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')),
      created_at   timestamptz NOT NULL DEFAULT now(),
      updated_at   timestamptz NOT NULL DEFAULT now()
    )`);
  // A customer's orders, page by page, oldest first.
  await knex.raw('CREATE INDEX orders_by_customer ON orders (customer_id, id)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE orders');
}
