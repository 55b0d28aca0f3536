/** An error as a log line has it. */
export interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly cause?: DescribedError;
  readonly stack?: string;
}

/** Knex puts the statement before what went wrong: `insert into "orders" … - lock timeout`. */
const afterStatement =
  /^(?:BEGIN|COMMIT|ROLLBACK|WITH|SELECT|INSERT|UPDATE|DELETE|SET|LOCK|NOTIFY|SAVEPOINT|RELEASE)\b.* - (.*)$/is;

/**
 * What an error says, without the statement that failed. Nor with Postgres' `detail`, which quotes the row.
 *
 * @param options.stack only for a defect: of a server that is away it says nothing, and much about us
 */
export function describeError(error: unknown, { stack = false } = {}): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    type: error.name,
    message: messageOf(error),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(cause instanceof Error ? { cause: describeError(cause, { stack }) } : {}),
    ...(stack ? { stack: callsOf(error) } : {}),
  };
}

export function messageOf(error: Error): string {
  const { message } = error;
  // Of several addresses that were tried, and none that answered.
  if (message === '' && error instanceof AggregateError) return error.errors.map(String).join('; ');
  return afterStatement.exec(message.trimStart())?.[1] ?? message;
}

/** The lines of the calls alone: what stands before them repeats the message, statement and all. */
function callsOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .join('\n');
}
