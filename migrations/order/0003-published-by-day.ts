import { publishByDay, publishInOneTable } from '@event-sync/outbox/migrations/0002-published-by-day.ts';

export { publishByDay as up, publishInOneTable as down };
