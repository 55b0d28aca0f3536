import { expect } from 'chai';
import { covers, type Package } from './lock-file.mjs';

describe('What npm has installed', () => {
  const wanted = {
    '': { version: '1.0.0' },
    stack: { version: '0.1.0' },
    'node_modules/@event-sync/stack': { link: true },
    'node_modules/chai': { version: '6.0.0', integrity: 'sha512-a' },
    'node_modules/for-macos': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  };
  const installed = {
    'node_modules/@event-sync/stack': { link: true },
    'node_modules/chai': { version: '6.0.0', integrity: 'sha512-a' },
  };

  it('is complete without the optional packages of other systems', () => {
    expect(covers(installed, wanted)).to.equal(true);
  });

  it('is not complete when a package is missing', () => {
    expect(covers({ ...installed, 'node_modules/chai': undefined }, wanted)).to.equal(false);
  });

  it('is not complete when a package has another version or other content', () => {
    const other = (chai: Package) => covers({ ...installed, 'node_modules/chai': chai }, wanted);
    expect(other({ version: '5.0.0', integrity: 'sha512-a' })).to.equal(false);
    expect(other({ version: '6.0.0', integrity: 'sha512-x' })).to.equal(false);
  });
});
