import fc from 'fast-check';
import { jsonProblem } from './json-problem';

describe('the problem of a text that is not JSON', () => {
  it.each([
    ['', 'Unexpected end of JSON input'],
    ['{"a":"Anna', 'Unterminated string in JSON at position 10 (line 1 column 11)'],
    ['{"a":"Anna" b', "Expected ',' or '}' after property value in JSON at position 12 (line 1 column 13)"],
    ['Anna', 'Unexpected character at position 0'],
    ['undefined', 'Unexpected character at position 0'],
    ['{"price":NaN,"email":"anna@example.com"}', 'Unexpected character at position 9'],
    ['{"aliases":["anna@example.com",]}', 'Unexpected character at position 31'],
    ['\ufeff{}', 'Unexpected character at position 0'],
    ['x'.repeat(100_000), 'Unexpected character'],
  ])('of %j is reported with its position', (text, problem) => {
    expect(jsonProblem(text)).toBe(problem);
  });

  it('is undefined for JSON', () => {
    expect(jsonProblem('{"a":[1e3]}')).toBeUndefined();
  });

  it('never quotes the text, wherever it is invalid', () => {
    const secret = '\u00a7\u00a7\u00a7';
    const broken = fc.tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', ' in JSON at position 7', '{', '\n'),
    );
    fc.assert(
      fc.property(broken, ([json, at, odd]) => {
        const place = at % (json.length + 1);
        const text = `${json.slice(0, place)}${secret}${odd}${secret}${json.slice(place)}`;
        expect(jsonProblem(text) ?? '').not.toContain('\u00a7');
      }),
      { numRuns: 2_000 },
    );
  });
});
