import { expect } from 'chai';
import { z } from 'zod';
import { text, validate } from './validation.ts';

const schema = z.strictObject({
  thing: z.strictObject({
    name: text({ min: 2, max: 5 }),
    size: z.number().min(1).max(9),
    kind: z.enum(['a', 'b']).default('a'),
    tags: z.array(z.string()).optional(),
  }),
});
const errorsOf = (value: unknown) => {
  const result = validate(schema, value, 'the body');
  return result.ok ? [] : result.errors;
};

describe('validation', () => {
  it('returns the value as the schema makes it', () => {
    expect(validate(schema, { thing: { name: 'abc', size: 1 } }, 'the body')).to.deep.equal({
      ok: true,
      value: { thing: { name: 'abc', size: 1, kind: 'a' } },
    });
  });

  it('names every fault in a full sentence', () => {
    expect(errorsOf({ thing: { name: 'a', size: 0, kind: 'c', tags: [1], colour: 'red' } })).to.have.members([
      'name must be at least 2 characters long',
      'size must be at least 1',
      'kind must be one of a, b',
      'tags.0 must be a string',
      '"colour" is not known in thing: leave it out',
    ]);
  });

  it('tells what is missing from what is wrong', () => {
    expect(errorsOf({})).to.deep.equal(['thing must be given']);
    expect(errorsOf({ thing: {} })).to.deep.equal(['name must be given', 'size must be given']);
    expect(errorsOf({ thing: null })).to.deep.equal(['thing must be a JSON object']);
    expect(errorsOf([])).to.deep.equal(['the body must be a JSON object']);
  });

  it('counts characters as code points and refuses blanks', () => {
    const nameErrors = (name: string) => errorsOf({ thing: { name, size: 1 } });
    expect(nameErrors('💻💻💻💻💻')).to.deep.equal([]);
    expect(nameErrors('💻💻💻💻💻💻')).to.deep.equal(['name must be at most 5 characters long']);
    expect(nameErrors('💻')).to.deep.equal(['name must be at least 2 characters long']);
    expect(nameErrors('   ')).to.deep.equal(['name must not be blank']);
  });

  it('names twenty faults at most, and cuts long names', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`m${n}`, 1]));
    const errors = errorsOf({ thing: { name: 'abc', size: 1 }, ...many });
    expect(errors).to.have.length(21);
    expect(errors.at(-1)).to.equal('and 4980 faults more');
    expect(errorsOf({ thing: { name: 'abc', size: 1 }, ['x'.repeat(10_000)]: 1 })[0]?.length).to.be.below(
      100,
    );
  });
});
