import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { faultsInProduction } from './production.ts';

/**
 * The settings that several processes share, as zod shapes to spread into a process's own schema. Names, and the
 * defaults that a developer's machine wants, are those of the replaced system.
 */
export const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);

/** A whole number of something, from the environment, within bounds that make sense. */
export const count = (fallback: number, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** A time in hours, from the environment; a part of one is possible. */
export const hours = (fallback: number) => z.coerce.number().positive().default(fallback);

export const databaseSettings = {
  DATABASE_HOST: z.string().min(1),
  DATABASE_PORT: z.coerce.number().int().min(1).max(65535).default(5432),
  DATABASE_USER: z.string().min(1),
  DATABASE_PASSWORD: z.string(),
  DATABASE_NAME: z.string().min(1),
};
export type DatabaseSettings = z.infer<z.ZodObject<typeof databaseSettings>>;

const urlOf = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

export const rabbitmqSettings = {
  RABBITMQ_URL: urlOf('amqp:', 'amqps:'),
  /** `check`: exchanges and queues come from a definitions file, and the user may not declare any. */
  RABBITMQ_TOPOLOGY: z.enum(['declare', 'check']).default('declare'),
};
export const redisSettings = { REDIS_URL: urlOf('redis:', 'rediss:') };
export const httpUrl = urlOf('http:', 'https:');

/** An admin API is there only with a token; it can replay and discard events. */
export const adminSettings = (adminPort: number) => ({
  ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, { error: 'must have at least 16 characters, and no spaces' })
    .optional(),
  ADMIN_HOST: z.string().default('127.0.0.1'),
  ADMIN_PORT: port(adminPort),
});

export const processSettings = {
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty', 'auto']).default('auto'),
};

export class ConfigError extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Parses the environment once, in `main`. A variable that is set to the empty string counts as not set. Any setting can
 * be given as a file: `NAME_FILE=/run/secrets/name` (the content without its trailing line break). With
 * `NODE_ENV=production` what is fit for development only is a fault.
 *
 * @throws {ConfigError} that lists every fault, not only the first. No value is printed: it may be a secret.
 */
export function parseConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<Shape>> {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(shape)) {
    const value = environment[name];
    const file = environment[`${name}_FILE`];
    if (value && file) faults.push(`${name} and ${name}_FILE are both set: keep one of them`);
    else if (value) given[name] = value;
    else if (file) {
      try {
        given[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      } catch (error) {
        faults.push(
          `${name}_FILE cannot be read: ${file} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
        );
      }
    }
  }
  const parsed = z.object(shape).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = issue.path.join('.');
      if (faults.some((fault) => fault.startsWith(`${name} `) || fault.startsWith(`${name}_FILE`))) continue;
      faults.push(name in given ? `${name} is not valid: ${issue.message}` : `${name} is not set`);
    }
  }
  if (parsed.success && (parsed.data as { NODE_ENV?: string }).NODE_ENV?.toLowerCase() === 'production')
    faults.push(...faultsInProduction(parsed.data, Object.keys(shape)));
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  return parsed.data;
}

/** An environment in which a setting that is given neither as such nor as a file has a value all the same. */
export function withDefaults(
  defaults: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const missing = Object.entries(defaults).filter(
    ([name]) => !environment[name] && !environment[`${name}_FILE`],
  );
  return { ...environment, ...Object.fromEntries(missing) };
}

/**
 * The settings of several databases, each with a prefix of its own: `ORDER_DATABASE_HOST` and the rest.
 *
 * @throws {ConfigError} with the faults of all of them
 */
export function databasesWithPrefix<Prefix extends string>(
  prefixes: readonly Prefix[],
  environment: NodeJS.ProcessEnv,
): Record<Prefix, DatabaseSettings> {
  const faults: string[] = [];
  const settings = {} as Record<Prefix, DatabaseSettings>;
  for (const prefix of prefixes) {
    const own = Object.entries(environment)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]);
    try {
      const { NODE_ENV: _, ...found } = parseConfig(
        { ...databaseSettings, NODE_ENV: processSettings.NODE_ENV },
        { ...Object.fromEntries(own), NODE_ENV: environment.NODE_ENV } as NodeJS.ProcessEnv,
      );
      settings[prefix] = found;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults.map((fault) => fault.replaceAll('DATABASE_', `${prefix}DATABASE_`)));
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return settings;
}

/** `parseConfig` for a `main`: a wrong environment is said on stderr, and the process ends with 1. */
export const configOrExit = <Shape extends z.ZodRawShape>(shape: Shape): z.infer<z.ZodObject<Shape>> =>
  orExit(() => parseConfig(shape, process.env));

/** What reads the environment, for a `main`: what is wrong with it is said on stderr, and the process ends with 1. */
export function orExit<Settings>(read: () => Settings): Settings {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
