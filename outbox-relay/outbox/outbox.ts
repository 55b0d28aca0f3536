import type pg from 'pg';
import { park, type Parked } from './park.ts';
import { openPass, type Pass, type PassOptions } from './pass.ts';
import { postpone, type Postponed } from './postpone.ts';
import { settle } from './settle.ts';

/** All that a relay asks of the table: what it needs to run, on Postgres or on a simulated one. */
export interface Outbox {
  openPass(options: PassOptions): Promise<Pass>;
  settle(positions: readonly string[]): Promise<number>;
  park(rows: readonly Parked[]): Promise<void>;
  postpone(rows: readonly Postponed[]): Promise<void>;
}

export const postgresOutbox = (pool: pg.Pool): Outbox => ({
  openPass: (options) => openPass(pool, options),
  settle: (positions) => settle(pool, positions),
  park: (rows) => park(pool, rows),
  postpone: (rows) => postpone(pool, rows),
});
