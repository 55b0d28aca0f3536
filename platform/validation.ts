import { z } from 'zod';

/** The value as the schema makes it, or every fault of it, a full sentence each. */
export type Validated<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly errors: readonly string[]; readonly missing: readonly string[] };

/** More would help nobody, and a body can have many thousand. */
const maxErrors = 20;

/**
 * @param root what the whole value is called in a sentence, e.g. `the body`.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
): Validated<z.output<Schema>> {
  const result = schema.safeParse(value, { error: rule, reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  const errors = result.error.issues.flatMap((issue) => sentences(issue, root));
  const missing = result.error.issues
    .filter((issue) => issue.input === undefined && issue.path.length > 0)
    .map((issue) => issue.path.join('.'));
  if (errors.length > maxErrors) {
    errors.splice(maxErrors, Infinity, `and ${errors.length - maxErrors} faults more`);
  }
  return { ok: false, errors, missing };
}

function sentences(issue: z.core.$ZodIssue, root: string): string[] {
  if (issue.code === 'unrecognized_keys') {
    const place = issue.path.length === 0 ? root : nameOf(issue.path);
    return issue.keys.map((key) => `${shortened(key)} is not known in ${place}: leave it out`);
  }
  return [`${issue.path.length === 0 ? root : nameOf(issue.path)} ${issue.message}`];
}

/** `order.price` is called `price`: each body wraps its one resource in a member, which says nothing. */
function nameOf(path: readonly PropertyKey[]): string {
  return (path.length > 1 ? path.slice(1) : path).map(String).join('.');
}

const shortened = (name: string) => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

/** What a value must be, for a schema that does not say it itself: the rest of a sentence after its name. */
const rule: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'must be given';
  if (issue.code === 'invalid_type') return `must be ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return 'is not valid';
};

const kinds: Partial<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a JSON object',
  array: 'a list',
};

/**
 * A text of `min` to `max` characters that is not blank. Characters are counted as Postgres counts them, and as JSON
 * Schema's `maxLength` does: as code points. JavaScript's own length would count most emoji twice.
 */
export function text({ min, max }: { min: number; max: number }) {
  return z
    .string()
    .superRefine((value, context) => {
      const length = value.length > max * 2 ? Infinity : Array.from(value).length;
      if (value.trim() === '') context.addIssue({ code: 'custom', message: 'must not be blank' });
      else if (length < min)
        context.addIssue({ code: 'custom', message: `must be at least ${min} characters long` });
      else if (length > max)
        context.addIssue({ code: 'custom', message: `must be at most ${max} characters long` });
    })
    .meta({ override: { minLength: min, maxLength: max } });
}
