import fc from 'fast-check';

/** A schema as the OpenAPI documents of our services have it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** Texts on which programs have choked. All can be said in JSON; none may be stored unless the schema allows it. */
export const naughtyStrings: readonly string[] = [
  '',
  ' ',
  '\t\r\n',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff',
  '\udc00\ud800',
  '\u2028',
  '\ufeff',
  '\u202e',
  '\uffff',
  '😀'.repeat(128),
  'Z̸̧̢̛̞̮͓̗a͝l̛g̷̖o̶',
  'İstanbul ı ẞ',
  '١٢٣',
  'null',
  'undefined',
  'NaN',
  'true',
  '0x1F',
  '1e3',
  '-0',
  '9223372036854775807',
  '9223372036854775808',
  "'; DROP TABLE orders; --",
  "' OR '1'='1",
  '$1',
  ':name ?',
  '\\',
  '\\u0000',
  '"',
  '</script><script>alert(1)</script>',
  '../../../etc/passwd',
  '%00%ff%2e%2e',
  '${7*7} {{7*7}} #{7*7}',
  '() { :;}; echo',
  '__proto__',
  'constructor',
  'toString',
  'urn:event-sync:problem:x',
  'x'.repeat(255),
  'x'.repeat(256),
  'ñ'.repeat(10_000),
];

/** Numbers at the edges of what doubles, 64-bit integers and our columns hold; as JSON has them, not as JavaScript. */
const numbers = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '0.01',
    '0.001',
    '1.5',
    '999.99',
    '9.999',
    '1e2',
    '1e-2',
    '2147483647',
    '2147483648',
  ],
  ...[
    '9007199254740991',
    '9007199254740993',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
  ],
  ...[
    '9999999999.99',
    '10000000000',
    '9999999999.991',
    '0.1000000000000000055',
    '1e308',
    '1e400',
    '1e-400',
    '9'.repeat(70),
  ],
];
const edgeNumber = fc.constantFrom(...numbers).map((text) => JSON.rawJSON(text));

/** Anything at all that is JSON. */
const anything = fc.oneof(
  edgeNumber,
  fc.constantFrom(...naughtyStrings),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A value for the schema: mostly one that it allows, else one at its edges, or anything. */
export function valueFor(schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: allowed(schema, resolve) },
    { weight: 2, arbitrary: atTheEdge(schema, resolve) },
    { weight: 1, arbitrary: anything },
  );
}

function allowed(schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return allowed(resolve(schema.$ref), resolve);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => allowed(choice, resolve)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return objectFor(schema, resolve);
    case 'array':
      return fc.array(valueFor(schema.items ?? {}, resolve), { maxLength: 4 });
    case 'integer':
      return schema.format === 'int64'
        ? fc.oneof(
            { weight: 8, arbitrary: fc.integer({ min: 1, max: 5 }) },
            {
              weight: 1,
              arbitrary: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map((id) => JSON.rawJSON(String(id))),
            },
          )
        : fc.integer({ min: schema.minimum ?? -(2 ** 31), max: schema.maximum ?? 2 ** 31 - 1 });
    case 'number':
      return fc.integer({ min: 1, max: 999_999 }).map((cents) => cents / 100);
    case 'string':
      return textFor(schema);
    default:
      return anything;
  }
}

function textFor({ minLength = 0, maxLength = 60, pattern, format }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom(...oddTimes),
    );
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 300) });
}

/** With its members, some left out, and now and then one that nobody knows. */
function objectFor(
  { properties = {}, required = [] }: Schema,
  resolve: (ref: string) => Schema,
): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const value = valueFor(schema, resolve);
      const often = required.includes(name) ? 40 : 2;
      return [
        name,
        fc.oneof(
          { weight: often, arbitrary: value.map((it) => [it]) },
          { weight: 1, arbitrary: fc.constant([]) },
        ),
      ];
    }),
  );
  const unknown = fc.oneof(
    { weight: 30, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.dictionary(fc.constantFrom(...naughtyStrings), fc.constant(1), { maxKeys: 2 }),
    },
  );
  return fc.tuple(fc.record(members), unknown).map(([record, more]) => {
    const given = Object.entries(record).flatMap(([name, value]) => value.map((it) => [name, it] as const));
    return { ...Object.fromEntries(given), ...more };
  });
}

function atTheEdge(schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return atTheEdge(resolve(schema.$ref), resolve);
  if (schema.type === 'string' || schema.enum) {
    const { minLength = 0, maxLength = 300 } = schema;
    const lengths = [minLength - 1, minLength, maxLength, maxLength + 1].filter((length) => length >= 0);
    return fc.oneof(
      fc.constantFrom(...naughtyStrings),
      fc.constantFrom(...lengths).map((length) => 'e'.repeat(length)),
      fc.constantFrom(...lengths).map((length) => '😀'.repeat(length)),
    );
  }
  return fc.oneof(
    edgeNumber,
    edgeNumber.map((number) => String((number as { rawJSON: string }).rawJSON)),
  );
}

const oddTimes = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+15:59',
  '2026-01-01T00:00:00+20:00',
  '2026-01-01T00:00:00.123456789Z',
  '2026-02-29T00:00:00Z',
  '2016-12-31T23:59:60Z',
  '9999-12-31T23:59:59-01:00',
];
