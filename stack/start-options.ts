import type { ServerPorts } from './addresses.ts';

export interface StartOptions {
  /** The replaced system's ports, free ones, or these. */
  readonly ports: 'seed' | 'free' | ServerPorts;
  /** `keep`: data stay in `.local/` (or Docker volumes of this checkout). `fresh`: empty servers, deleted by `stop`. */
  readonly data: 'keep' | 'fresh';
  /** One line of text, for people; nothing is ever printed by this module itself. */
  readonly onProgress: (text: string) => void;
  /** Breaks the start off: it rejects with the signal's reason once everything that was started has ended again. */
  readonly signal?: AbortSignal | undefined;
}
