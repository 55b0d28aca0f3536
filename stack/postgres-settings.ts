/**
 * Options of the PostgreSQL servers that we start. Room for two relays, two workers and a test's own connections; and a
 * look every 5 s for what there is to vacuum: within the usual minute an outbox under full load grows by a million dead
 * rows (`npm run bench -- retention`). The second is also in docker-compose.yml.
 */
export const postgresSettings = ['-c', 'max_connections=200', '-c', 'autovacuum_naptime=5s'];
