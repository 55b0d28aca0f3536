import { expect } from 'chai';
import { contentTag, evaluateForRead, parseEntityTags } from './conditional-request.ts';

describe('entity tags', () => {
  const lists: [string, ReturnType<typeof parseEntityTags>][] = [
    ['*', '*'],
    ['"1"', ['"1"']],
    [' W/"1" , "2"', ['W/"1"', '"2"']],
    ['"with, comma"', undefined],
    ['"a,b"', ['"a,b"']],
    ['1', undefined],
    ['', undefined],
    ['"1" "2"', undefined],
    ['*, "1"', undefined],
  ];
  for (const [header, expected] of lists) {
    it(`are read from ${JSON.stringify(header)}`, () =>
      expect(parseEntityTags(header)).to.deep.equal(expected));
  }

  const reads: [Parameters<typeof evaluateForRead>[0], string][] = [
    [{}, 'none'],
    [{ 'if-none-match': '"2"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"2"' }, 'not-modified'],
    [{ 'if-none-match': '"1", "2"' }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"1"' }, 'none'],
    [{ 'if-none-match': 'nonsense' }, 'none'],
    [{ 'if-match': '"2"' }, 'none'],
    [{ 'if-match': '*' }, 'none'],
    [{ 'if-match': '"1"' }, 'failed'],
    [{ 'if-match': 'W/"2"' }, 'failed'],
    [{ 'if-match': '"1"', 'if-none-match': '"2"' }, 'failed'],
  ];
  for (const [headers, expected] of reads) {
    it(`make a read of version "2" with ${JSON.stringify(headers)}: ${expected}`, () =>
      expect(evaluateForRead(headers, '"2"')).to.equal(expected));
  }

  it('of a content are the same for the same content only', () => {
    expect(contentTag('a'))
      .to.equal(contentTag('a'))
      .and.to.match(/^"[\w-]{22}"$/);
    expect(contentTag('a')).not.to.equal(contentTag('b'));
  });
});
