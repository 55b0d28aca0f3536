import { expect } from 'chai';
import { problems, problemType } from './problems.ts';

describe('the catalogue of problems', () => {
  it('holds only errors, each with a title', () => {
    for (const { status, title } of Object.values(problems)) {
      expect(status).to.be.within(400, 599);
      expect(title).to.match(/^[A-Z].*[a-zA-Z]$/);
    }
  });

  it('makes a type that is a URI', () => {
    expect(URL.canParse(problemType('order-not-found'))).to.equal(true);
    expect(problemType('order-not-found')).to.equal('urn:event-sync:problem:order-not-found');
  });
});
