/** A row of `customers`. Members are called as in the API and the table; ids and counts are exact, as strings. */
export interface CustomerRow {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly orders_count: string;
  /** Counts every change, those by events too. */
  readonly version: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What a client may set. */
export type CustomerDetails = Pick<CustomerRow, 'name' | 'address'>;
