import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { createRequire } from 'node:module';
import { committed, documents, textOf, type DocumentName } from './documents.ts';

const require = createRequire(import.meta.url);
const names = Object.keys(documents) as DocumentName[];

describe('the documents in docs/api', () => {
  for (const name of names)
    it(`say what the code says: ${name} (npm run api:docs writes it)`, async () => {
      expect(committed(name)).to.equal(await textOf(name));
    });

  for (const name of names.filter((file) => file.endsWith('.openapi.json')))
    it(`are valid OpenAPI 3.1: ${name}`, async () => {
      const { valid, errors } = await new Validator().validate(
        JSON.parse(committed(name)) as Record<string, unknown>,
      );
      expect(errors).to.equal(undefined);
      expect(valid).to.equal(true);
    });

  it('are valid AsyncAPI 3.0: events.asyncapi.json', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false });
    addFormats.default(ajv);
    const specification = require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
    const validate = ajv.compile(specification);
    expect(validate(JSON.parse(committed('events.asyncapi.json'))), JSON.stringify(validate.errors)).to.equal(
      true,
    );
  });
});
