/** Passwords that stand in examples and in the defaults of servers: everybody knows them. */
const known = new Set([
  '',
  'password',
  'postgres',
  'guest',
  'admin',
  'secret',
  'changeme',
  'test',
  'root',
  'password1',
  'changemechangeme',
]);

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
  const { DATABASE_PASSWORD, DATABASE_USER, RABBITMQ_URL, REDIS_URL, API_TOKENS, ADMIN_TOKEN } = settings;
  if (
    typeof DATABASE_PASSWORD === 'string' &&
    (known.has(DATABASE_PASSWORD.toLowerCase()) || DATABASE_PASSWORD === DATABASE_USER)
  )
    faults.push('DATABASE_PASSWORD is one that everybody knows: in production it must be a secret');
  if (typeof RABBITMQ_URL === 'string' && URL.canParse(RABBITMQ_URL)) {
    const { username, password } = loginOf(RABBITMQ_URL);
    if (username === 'guest' || username === '')
      faults.push('RABBITMQ_URL has the user guest: in production each process needs a user of its own');
    else if (known.has(password.toLowerCase()) || password === username)
      faults.push('RABBITMQ_URL has a password that everybody knows: in production it must be a secret');
  }
  if (typeof REDIS_URL === 'string' && URL.canParse(REDIS_URL)) {
    const { password } = loginOf(REDIS_URL);
    if (known.has(password.toLowerCase()))
      faults.push(
        `REDIS_URL has ${password === '' ? 'no password' : 'a password that everybody knows'}: in production it must be a secret`,
      );
  }
  if (
    Array.isArray(API_TOKENS) &&
    API_TOKENS.some(({ token }: { token: string }) => known.has(token.toLowerCase()))
  )
    faults.push('API_TOKENS has a token that everybody knows: in production it must be a secret');
  if (typeof ADMIN_TOKEN === 'string' && known.has(ADMIN_TOKEN.toLowerCase()))
    faults.push('ADMIN_TOKEN is one that everybody knows: in production it must be a secret');
  if (names.includes('API_TOKENS') && API_TOKENS === undefined)
    faults.push('API_TOKENS is not set: in production a REST API must not be open to everybody');
  return faults;
}

function loginOf(text: string): { username: string; password: string } {
  const { username, password } = new URL(text);
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}
