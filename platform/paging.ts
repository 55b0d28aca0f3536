import { identifier } from '@event-sync/contracts/identifiers.ts';
import { z } from 'zod';

/** At most this many items in one answer; also what an answer holds when the request does not say. */
export const maxLimit = 100;

/**
 * Query parameters of a list that is paged by key: an item is never skipped or shown twice because of what was added
 * meanwhile, and the hundredth page costs what the first does.
 */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, { error: `must be a whole number from 1 to ${maxLimit}` })
    .transform(Number)
    .pipe(z.number().min(1).max(maxLimit))
    .optional()
    .meta({
      description: 'How many items to answer with.',
      override: { type: 'integer', minimum: 1, maximum: maxLimit, default: maxLimit, pattern: undefined },
    }),
  after: identifier.optional().meta({
    description:
      'Only items with a larger id: the id of the last item of the page before. See the `Link` header.',
    override: { type: 'integer', format: 'int64', minimum: 1, anyOf: undefined },
  }),
};

/** What the `Link` header is called in the OpenAPI document. */
export const linkHeader = { Link: 'The next page, with `rel="next"`, if there is one (RFC 8288).' };

/**
 * Takes the one item too many that was read to find out whether there is a next page.
 *
 * @param found up to `limit + 1` items.
 */
export function cutPage<Item extends { readonly id: string }>(
  found: readonly Item[],
  limit: number,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): { items: readonly Item[]; headers: Record<string, string> } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || !last) return { items, headers: {} };
  const query = new URLSearchParams({ ...parameters, limit: String(limit), after: last.id });
  return { items, headers: { Link: `<${path}?${query.toString()}>; rel="next"` } };
}
