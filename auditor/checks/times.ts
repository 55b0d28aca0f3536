/** The moments by which the checks decide what can be asked for, in milliseconds since 1970 on the clock of the orders. */
export interface Times {
  readonly now: number;
  /** What has moved since then may still be on its way. Infinity, if nothing may be. */
  readonly youngSince: number;
  /** Whatever was written since then must still be in the history. */
  readonly historySince: number;
  /** Whatever was applied since then must still be in the inbox. */
  readonly inboxSince: number;
}

export function timesAt(
  now: number,
  {
    horizonSeconds,
    outboxRetentionHours,
    inboxRetentionHours,
  }: { horizonSeconds: number; outboxRetentionHours: number; inboxRetentionHours: number },
): Times {
  const hour = 3_600_000;
  return {
    now,
    youngSince: horizonSeconds === 0 ? Infinity : now - horizonSeconds * 1_000,
    historySince: now - outboxRetentionHours * hour,
    inboxSince: now - inboxRetentionHours * hour,
  };
}
