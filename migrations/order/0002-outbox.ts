import { createOutbox, dropOutbox } from '@event-sync/outbox/migrations/0001-outbox.ts';

export { createOutbox as up, dropOutbox as down };
