import pg from 'pg';

/** No attempt is put off for so long (`backoff`): one that lies further ahead is of a clock that was set back, and due. */
export const longestDelay = '1 minute';

/** Rows that cannot go now, whatever is done, beside those whose next attempt lies ahead. */
export interface HeldBack {
  /** Without a routing key: all of the exchange. */
  readonly routes: readonly { exchange: string; routing_key?: string }[];
  /** Positions of rows of these routes that are let through: each tries whether its route leads to a queue again. */
  readonly trials: readonly string[];
}

/** A condition, for rows of `outbox`: neither held back nor behind one of its key that is. */
export function notHeldBack(partitions: string, { routes, trials }: HeldBack): string {
  const held = [`next_attempt_at > now() AND next_attempt_at < now() + interval '${longestDelay}'`];
  for (const { exchange, routing_key } of routes) {
    const key = routing_key === undefined ? '' : ` AND routing_key = ${pg.escapeLiteral(routing_key)}`;
    held.push(`exchange = ${pg.escapeLiteral(exchange)}${key}`);
  }
  const tried = trials.length === 0 ? '' : `position NOT IN (${trials.join(',')}) AND `;
  const condition = `${tried}(${held.join(' OR ')})`;
  // The first line would follow from the rest. It keeps the held rows, bodies and all, out of the join.
  return `(${condition}) IS NOT TRUE
    AND NOT EXISTS (SELECT 1
                    FROM (SELECT ordering_key, min(position) AS position FROM outbox
                          WHERE partition IN (${partitions}) AND ${condition} GROUP BY ordering_key) AS held
                    WHERE held.ordering_key = outbox.ordering_key AND held.position < outbox.position)`;
}
