import type { PostgresAddress } from '@event-sync/stack/servers.ts';

/** What every program that a benchmark starts is told: the names are those of our own services. */
export function contenderEnvironment(database: PostgresAddress | undefined, rabbitmqUrl: string) {
  return {
    RABBITMQ_URL: rabbitmqUrl,
    ...(database && {
      DATABASE_HOST: database.host,
      DATABASE_PORT: String(database.port),
      DATABASE_USER: database.user,
      DATABASE_PASSWORD: database.password,
      DATABASE_NAME: database.database,
    }),
  };
}

export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: this program is started by npm run bench`);
  return value;
}

export function databaseConfig(): PostgresAddress {
  return {
    host: required('DATABASE_HOST'),
    port: Number(required('DATABASE_PORT')),
    user: required('DATABASE_USER'),
    password: required('DATABASE_PASSWORD'),
    database: required('DATABASE_NAME'),
  };
}
