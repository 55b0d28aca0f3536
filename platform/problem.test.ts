import { problem } from '@event-sync/contracts/problems.ts';
import { expect } from 'chai';
import { problemBody } from './problem.ts';

describe('a problem', () => {
  it('carries the members of RFC 9457 and those of the replaced system', () => {
    const body = problemBody(
      {
        problem: 'validation-failed',
        detail: 'The price is wrong.',
        errors: ['price must be at least 0.01'],
      },
      'request-1',
    );
    expect(body).to.deep.equal({
      type: 'urn:event-sync:problem:validation-failed',
      title: 'Validation failed',
      status: 422,
      detail: 'The price is wrong.',
      instance: 'request-1',
      error: 'Validation failed',
      message: 'The price is wrong.',
      errors: ['price must be at least 0.01'],
    });
    expect(problem.parse(body)).to.deep.equal(body);
  });

  it('leaves out what there is none of, and takes more members', () => {
    const body = problemBody({
      problem: 'not-ready',
      detail: 'No.',
      extensions: { dependencies: { redis: 'away' } },
    });
    expect(body).not.to.have.any.keys('instance', 'errors');
    expect(body['dependencies']).to.deep.equal({ redis: 'away' });
  });
});
