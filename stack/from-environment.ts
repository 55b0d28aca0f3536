import type { PostgresAddress, ServerAddresses } from './addresses.ts';
import { serverNames, serverTitles, type ServerControl, type Servers } from './control.ts';
import { accepts } from './probes.ts';
import { waitUntil } from './wait-until.ts';

const variables = {
  ORDER_DATABASE_URL: ['postgres:', 'postgresql:'],
  CUSTOMER_DATABASE_URL: ['postgres:', 'postgresql:'],
  RABBITMQ_URL: ['amqp:', 'amqps:'],
  RABBITMQ_MANAGEMENT_URL: ['http:', 'https:'],
  REDIS_URL: ['redis:', 'rediss:'],
} as const;

/**
 * @returns undefined when none of the variables is set
 * @throws {Error} when only some are set, or one is not a URL of its kind; no value is printed, they hold passwords
 */
export function addressesFromEnvironment(environment: NodeJS.ProcessEnv): ServerAddresses | undefined {
  const names = Object.keys(variables) as (keyof typeof variables)[];
  const missing = names.filter((name) => !environment[name]);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) {
    const given = names.filter((name) => environment[name]);
    throw new Error(
      `Servers can be given by URL only all together: ${list(given)} ${given.length === 1 ? 'is' : 'are'} set,` +
        ` ${list(missing)} ${missing.length === 1 ? 'is' : 'are'} not. Set the rest, or unset all to have servers started.`,
    );
  }
  const url = (name: keyof typeof variables): URL => {
    const protocols: readonly string[] = variables[name];
    const value = environment[name] ?? '';
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      throw new Error(`${name} is not usable: it has to be a URL that starts with ${protocols[0]}//`);
    }
    return new URL(value);
  };
  return {
    postgresOrder: postgresAddress('ORDER_DATABASE_URL', url('ORDER_DATABASE_URL')),
    postgresCustomer: postgresAddress('CUSTOMER_DATABASE_URL', url('CUSTOMER_DATABASE_URL')),
    rabbitmqUrl: url('RABBITMQ_URL').href,
    rabbitmqManagementUrl: url('RABBITMQ_MANAGEMENT_URL').href,
    redisUrl: url('REDIS_URL').href,
  };
}

function postgresAddress(name: string, url: URL): PostgresAddress {
  const database = decodeURIComponent(url.pathname.slice(1));
  if (!url.hostname || !url.username || !database) {
    throw new Error(
      `${name} is not usable: it has to name user, host and database, postgres://user:password@host/database`,
    );
  }
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
  };
}

/** Servers that somebody else runs: they are only checked to be there. */
export async function useServersFromEnvironment(
  addresses: ServerAddresses,
  { onProgress, signal }: { onProgress: (text: string) => void; signal?: AbortSignal | undefined },
): Promise<Servers> {
  onProgress('Using the servers given in the environment');
  const unreachable: string[] = [];
  await Promise.all(
    endpoints(addresses).map(async ([name, host, port]) => {
      try {
        await waitUntil(() => accepts(host, port), { deadlineMs: 5_000, otherwise: () => '', signal });
      } catch {
        unreachable.push(`${name} (${host}:${port})`);
      }
    }),
  );
  signal?.throwIfAborted();
  if (unreachable.length > 0) {
    throw new Error(
      `Nothing accepts connections at ${unreachable.join(', ')}: start it, or correct the variable.`,
    );
  }
  return {
    how: 'environment',
    addresses,
    control: Object.fromEntries(
      serverNames.map((name) => [name, refusing(serverTitles[name])]),
    ) as Servers['control'],
    rabbitmqctl: refuse(serverTitles.rabbitmq),
    stop: async () => {},
  };
}

function endpoints(addresses: ServerAddresses): [name: string, host: string, port: number][] {
  const usual: Record<string, number> = { 'amqp:': 5672, 'amqps:': 5671, 'http:': 80, 'https:': 443 };
  const urls = {
    RABBITMQ_URL: addresses.rabbitmqUrl,
    RABBITMQ_MANAGEMENT_URL: addresses.rabbitmqManagementUrl,
    REDIS_URL: addresses.redisUrl,
  };
  return [
    ['ORDER_DATABASE_URL', addresses.postgresOrder.host, addresses.postgresOrder.port],
    ['CUSTOMER_DATABASE_URL', addresses.postgresCustomer.host, addresses.postgresCustomer.port],
    ...Object.entries(urls).map(([name, text]): [string, string, number] => {
      const url = new URL(text);
      return [
        name,
        url.hostname.replace(/^\[(.*)\]$/, '$1'),
        Number(url.port || (usual[url.protocol] ?? 6379)),
      ];
    }),
  ];
}

function refuse(title: string): () => Promise<never> {
  return async () => {
    throw new Error(
      `${title} was given by URL, so it is not ours to stop or start. Unset the URLs to run this with servers of our own.`,
    );
  };
}

function refusing(title: string): ServerControl {
  const no = refuse(title);
  return { stop: no, kill: no, start: no, pause: no, resume: no };
}

const list = (names: readonly string[]) => names.join(', ');
