// In the language since V8 11.4 (proposal "JSON.parse source text access"), not yet in TypeScript's lib.
interface JSON {
  /** A primitive that `JSON.stringify` writes as exactly this text. */
  rawJSON(text: string): object;
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
