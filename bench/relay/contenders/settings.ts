/**
 * The libraries' settings, written to the results with the figures. Each was tried at a quarter and at four times its
 * value, alone, before it was taken.
 */
export const graphileWorkerSettings = {
  concurrentJobs: 500,
  localQueueSize: 1_000,
  completeJobBatchDelay: 0,
  maxPoolSize: 10,
};

export const pgBossSettings = {
  batchSize: 1_000,
  /** Loops that each fetch, publish and complete a batch, so that the database works while the broker does. */
  workers: 2,
};

export const pgTransactionalOutboxSettings = {
  /** Each message is a transaction of its own, on a connection of its own. */
  connections: 20,
  batchSize: 100,
  pollingIntervalMs: 10,
};
