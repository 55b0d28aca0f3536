import { daysByFunction, daysByOwner } from '@event-sync/outbox/migrations/0003-days-by-function.ts';

export { daysByFunction as up, daysByOwner as down };
