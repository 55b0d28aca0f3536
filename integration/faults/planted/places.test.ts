import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placesIn, plantedBugs } from './bugs.ts';

const checkout = join(import.meta.dirname, '../../..');

/** A part of `npm run check`, so that whoever changes the source hears at once that a bug has to follow it. */
describe('the places of the planted bugs', () => {
  for (const { name, edits } of plantedBugs) {
    it(`are there, each once: ${name}`, () => {
      for (const edit of edits) {
        const source = readFileSync(join(checkout, edit.file), 'utf8');
        expect(placesIn(source, edit), `${edit.file}: ${edit.from}`).to.equal(1);
      }
    });
  }
});
