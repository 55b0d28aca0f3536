import type { Logger } from '@event-sync/platform/logger.ts';

/** Writes nothing, and passes on what the code itself calls a defect. */
export function listeningLogger(onDefect: (message: string) => void): Logger {
  const quiet = () => {};
  const listen = (details: { err?: Error }, message?: string) => {
    if (message?.includes('this is a defect')) onDefect(`${message}: ${details.err?.stack ?? ''}`);
  };
  return {
    ...{ trace: quiet, debug: quiet, info: quiet, warn: quiet, error: listen, fatal: listen },
    isLevelEnabled: () => false,
  } as unknown as Logger;
}
