/**
 * pg-transactional-outbox by its polling listener, with parallel messages (they keep no order; sequential ones are
 * slower) and without its optional protections.
 *
 * Its own batch size strategy asks for one message at a time at first, and then for as many as have just ended, mostly
 * one: each time a query that sorts the backlog. This one lets half a batch end first.
 */
import {
  getDisabledLogger,
  initializePollingMessageListener,
  type PollingListenerConfig,
} from 'pg-transactional-outbox';
import { openConfirmedPublish } from './confirmed-publish.ts';
import { databaseConfig } from '../../contender-environment.ts';
import { pgTransactionalOutboxSettings as settings } from './settings.ts';

const publish = await openConfirmedPublish();
// It hands these to a pool, which takes `max` too.
const handlerConfig = { ...databaseConfig(), max: settings.connections };
const config: PollingListenerConfig = {
  outboxOrInbox: 'outbox',
  dbListenerConfig: databaseConfig(),
  dbHandlerConfig: handlerConfig,
  settings: {
    dbSchema: 'public',
    dbTable: 'outbox',
    enableMaxAttemptsProtection: false,
    enablePoisonousMessageProtection: false,
    nextMessagesFunctionName: 'next_outbox_messages',
    nextMessagesBatchSize: settings.batchSize,
    nextMessagesPollingIntervalInMs: settings.pollingIntervalMs,
    nextMessagesLockInMs: 30_000,
  },
};
initializePollingMessageListener(
  config,
  {
    handle: ({ payload }) => publish(Buffer.from(JSON.stringify(payload)), (payload as { id: string }).id),
  },
  getDisabledLogger(),
  {
    batchSizeStrategy: async (inProcess) => {
      if (inProcess <= settings.batchSize / 2) return settings.batchSize;
      await new Promise((resolve) => setTimeout(resolve, 1));
      return 0;
    },
  },
);
