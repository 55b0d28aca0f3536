import { createIdempotencyKeys, dropIdempotencyKeys } from '@event-sync/platform/idempotency/migration.ts';

export { createIdempotencyKeys as up, dropIdempotencyKeys as down };
