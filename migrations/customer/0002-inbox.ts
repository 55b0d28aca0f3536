import { createInbox, dropInbox } from '@event-sync/outbox/migrations/0001-inbox.ts';

export { createInbox as up, dropInbox as down };
