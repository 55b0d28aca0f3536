import type { DatabaseName } from '../migrations.ts';

// UPDATE, of any column, is what Postgres asks of FOR UPDATE.
const idempotencyKeys = 'SELECT, INSERT, DELETE, UPDATE (created_at) ON idempotency_keys';

/**
 * Who may do what, as GRANT says it; what is not here is refused by Postgres. A process logs in as a user of its own that
 * is a member of one of these roles, which themselves cannot log in. `migrate up` makes it so each time, so a new table
 * is one more line, and a right that is taken out of here is taken away.
 *
 * To insert into an identity column no right on its sequence is needed.
 */
export const rights: Record<DatabaseName, Record<string, readonly string[]>> = {
  order: {
    event_sync_order_api: [
      'SELECT, INSERT ON orders',
      'USAGE ON SEQUENCE orders_id_seq',
      // Appends and reads nothing: whoever takes over the API learns nothing of what waits, and cannot take it back.
      'INSERT (event_id, ordering_key, type, version, exchange, routing_key, body, traceparent) ON outbox',
      idempotencyKeys,
    ],
    // Reads, and so cannot repair: npm run audit -- --repair wants a login that may append.
    event_sync_auditor: ['SELECT ON orders, outbox, outbox_published, outbox_parked'],
    event_sync_relay: [
      // INSERT is for replaying.
      'SELECT, INSERT, DELETE, UPDATE (attempts, next_attempt_at, last_error) ON outbox',
      'SELECT, INSERT ON outbox_published',
      'SELECT, DELETE ON outbox_published_rest',
      'SELECT, INSERT, DELETE, UPDATE (discarded_at) ON outbox_parked',
      // Reads which events were replayed, to replay none of them twice; not who did it, and why.
      'SELECT (at, action, event_ids), INSERT (who, action, why, selection, event_ids) ON outbox_audit',
      'SELECT, INSERT, DELETE, UPDATE (alive_until) ON outbox_relay',
      'SELECT, UPDATE (owner, owned_until) ON outbox_partition',
      'EXECUTE ON FUNCTION outbox_create_published_day(integer), outbox_drop_published_day(date)',
    ],
  },
  customer: {
    event_sync_customer_web: [
      // Not the count of orders: that is the worker's.
      'SELECT, INSERT (id, name, address), UPDATE (name, address, version, updated_at) ON customers',
      'USAGE, UPDATE ON SEQUENCE customers_id_seq',
      'SELECT ON inbox',
      'SELECT, INSERT (customer_id, version), UPDATE (version), DELETE ON pending_evictions',
      idempotencyKeys,
    ],
    event_sync_auditor: ['SELECT ON customers, inbox, discarded_events'],
    event_sync_customer_worker: [
      'SELECT, UPDATE (orders_count, version, updated_at) ON customers',
      'SELECT, INSERT (event_id), DELETE ON inbox',
      'SELECT, INSERT, DELETE, UPDATE (order_id, customer_id, reason, who, why, discarded_at) ON discarded_events',
      'SELECT, INSERT (customer_id, version), UPDATE (version), DELETE ON pending_evictions',
    ],
  },
};
