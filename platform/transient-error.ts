/**
 * Whether the same work can succeed if it is simply tried again. This is the only place that decides it: the consumer
 * retries a batch by it, the REST services answer 503 instead of 500 by it.
 *
 * SQLSTATE classes: https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
const transientSqlStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: our lock_timeout
  '57014', // query_canceled: our statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting up or in recovery
  '57P05', // idle_session_timeout
  '25006', // read_only_sql_transaction: a standby that has not been promoted yet
  '25P03', // idle_in_transaction_session_timeout
]);
/** 08: connection exception. 53: out of disk, memory or connections. 58: the server's own system error. */
const transientSqlClasses = new Set(['08', '53', '58']);

const transientSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * What pg, its pool and knex say without any code. Knex puts the statement before it, and the failed ROLLBACK of a
 * broken connection in place of the error that broke it: `ROLLBACK - Client has encountered a connection error …`.
 */
const transientMessages =
  /(?:^| - )(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Query read timeout|Knex: Timeout acquiring a connection|Unable to acquire a connection|aborted$)/i;

/**
 * What Postgres has against the values of a statement, by class: 21 cardinality, 22 data, 23 constraint, 44 a view's
 * condition, 54 a limit of the program, and what a trigger raises: P0, 2F, 38, 39, 45.
 */
const refusedValueClasses = new Set(['21', '22', '23', '2F', '38', '39', '44', '45', '54', 'P0']);

/**
 * Whether nothing of what was sent is at fault, but a person has to mend something: a right, a password, a table that is
 * not there, a database that is being restored. Whoever holds something that must not be lost waits for it.
 */
export function needsMending(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return (
    typeof code === 'string' &&
    /^[0-9FHPX][0-9A-Z]{4}$/.test(code) &&
    !refusedValueClasses.has(code.slice(0, 2)) &&
    !isTransient(error)
  );
}

/** Whether it took too long: less at once may succeed. Not a wait for somebody else's lock, which is as long for less. */
export function isTooSlow(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === '57014' || /Query read timeout/.test(String(message));
}

export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  // The operating system's, whatever it is: a socket file that is not there, too many open files.
  if (typeof syscall === 'string') return true;
  if (typeof code === 'string') {
    if (transientSystemCodes.has(code) || transientSqlStates.has(code)) return true;
    if (code.length === 5 && transientSqlClasses.has(code.slice(0, 2))) return true;
  }
  return error.name === 'KnexTimeoutError' || transientMessages.test(error.message);
}
