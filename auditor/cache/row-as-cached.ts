/** A row of `customers`, as far as the cache shows it. */
export interface Row {
  id: string;
  name: string;
  address: string;
  orders_count: string;
  version: string;
  created_at: Date;
  updated_at: Date;
}

/** The members in which a cached value is not the row: `orders_count 3, and the row has 4`. None, if it is. */
export function differences(value: string, row: Row): string[] {
  const cached = parsed(value);
  if (cached === undefined) return ['it is no customer'];
  const expected: Record<string, unknown> = {
    // Both through the same number: the last digits of a very large id are lost on both sides.
    id: Number(row.id),
    name: row.name,
    address: row.address,
    orders_count: Number(row.orders_count),
    has_orders: row.orders_count !== '0',
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    version: row.version,
  };
  return Object.keys(expected)
    .filter((member) => cached[member] !== expected[member])
    .map((member) => `${member} ${text(cached[member])}, and the row has ${text(expected[member])}`);
}

const text = (value: unknown) => (value === undefined ? 'is not there' : JSON.stringify(value).slice(0, 100));

function parsed(value: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(value);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
