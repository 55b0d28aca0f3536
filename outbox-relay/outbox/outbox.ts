import type pg from 'pg';
import { park } from './park.ts';
import { openPass, type Pass, type PassOptions } from './pass.ts';
import { postpone } from './postpone.ts';
import { settle } from './settle.ts';

/** All that a relay asks of the table: what it needs to run, on Postgres or on a simulated one. */
export interface Outbox {
  openPass(options: PassOptions): Promise<Pass>;
  settle(positions: readonly string[]): Promise<number>;
  park(row: { position: string; attempts: number; reason: string }): Promise<void>;
  postpone(row: { position: string; delayMs: number; reason: string }): Promise<void>;
}

export const postgresOutbox = (pool: pg.Pool): Outbox => ({
  openPass: (options) => openPass(pool, options),
  settle: (positions) => settle(pool, positions),
  park: (row) => park(pool, row),
  postpone: (row) => postpone(pool, row),
});
