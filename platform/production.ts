/** Passwords that stand in examples and in the defaults of servers: everybody knows them. */
const known = new Set(['', 'password', 'postgres', 'guest', 'admin', 'secret', 'changeme', 'test', 'root']);

/**
 * What must not be in production: passwords that everybody knows, RabbitMQ's `guest`, and a REST API that anybody may
 * call. No value is printed.
 *
 * @param settings as they were parsed
 * @param names of all settings that the process has
 */
export function faultsInProduction(
  settings: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string[] {
  const faults: string[] = [];
  const { DATABASE_PASSWORD, DATABASE_USER, RABBITMQ_URL, API_TOKENS } = settings;
  if (
    typeof DATABASE_PASSWORD === 'string' &&
    (known.has(DATABASE_PASSWORD) || DATABASE_PASSWORD === DATABASE_USER)
  )
    faults.push('DATABASE_PASSWORD is one that everybody knows: in production it must be a secret');
  if (typeof RABBITMQ_URL === 'string' && URL.canParse(RABBITMQ_URL)) {
    const { username, password } = new URL(RABBITMQ_URL);
    if (username === 'guest' || username === '')
      faults.push('RABBITMQ_URL has the user guest: in production each process needs a user of its own');
    else if (known.has(decodeURIComponent(password)) || password === username)
      faults.push('RABBITMQ_URL has a password that everybody knows: in production it must be a secret');
  }
  if (names.includes('API_TOKENS') && API_TOKENS === undefined)
    faults.push('API_TOKENS is not set: in production a REST API must not be open to everybody');
  return faults;
}
