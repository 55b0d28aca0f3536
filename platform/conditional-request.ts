import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What a header of entity tags lists, as written, quotes included; `*` stands for any (RFC 9110, section 13.1). */
export type EntityTags = '*' | readonly string[];

const tag = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const listOfTags = new RegExp(`^${tag}(?:[ \\t]*,[ \\t]*${tag})*$`);

/** @returns nothing for what is no such list */
export function parseEntityTags(header: string): EntityTags | undefined {
  const text = header.trim();
  if (text === '*') return '*';
  return listOfTags.test(text) ? (text.match(new RegExp(tag, 'g')) ?? []) : undefined;
}

const entityTags = z.string().transform((text, context): EntityTags => {
  const tags = parseEntityTags(text);
  if (tags) return tags;
  context.addIssue({ code: 'custom', message: 'must be * or a list of entity tags, such as "1", "2"' });
  return z.NEVER;
});

/** Request headers of a `PUT` of a resource that has a version. */
export const preconditionHeaders = {
  'If-Match': entityTags.optional().meta({
    description: 'Changes only the version with this `ETag`; `*`: only what is there. Else 412.',
    override: { type: 'string', example: '"1"' },
  }),
  'If-None-Match': z
    .literal('*', { error: 'must be * here: it asks for a resource that is not there yet' })
    .optional()
    .meta({ description: '`*`: creates only, and changes nothing that is there. Else 412.' }),
};

export type Precondition = 'none' | 'not-modified' | 'failed';

/** For a `GET` or `HEAD` that is answered with a resource that has this entity tag. */
export function evaluateForRead(
  headers: { 'if-match'?: string | undefined; 'if-none-match'?: string | undefined },
  etag: string,
): Precondition {
  // As the RFC orders them. A header that is no list of tags is as if it were not there: for a read that is harmless.
  const match = headers['if-match'] === undefined ? undefined : parseEntityTags(headers['if-match']);
  if (match && match !== '*' && !match.includes(etag)) return 'failed';
  const noneMatch =
    headers['if-none-match'] === undefined ? undefined : parseEntityTags(headers['if-none-match']);
  if (noneMatch && (noneMatch === '*' || noneMatch.some((one) => opaque(one) === opaque(etag))))
    return 'not-modified';
  return 'none';
}

/** Weak comparison: `W/"1"` and `"1"` are the same. */
const opaque = (entityTag: string) => entityTag.replace(/^W\//, '');

/** An entity tag for what has no version of its own. */
export const contentTag = (text: string): string =>
  `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
