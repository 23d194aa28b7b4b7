import { textHeaders } from './records';

it('a header without a value is empty, and of several values the last one is used', () => {
  const headers = {
    'x-tenant': null as unknown as undefined,
    'x-mine': Buffer.from('kept'),
    'x-all': ['a', 'b'],
  };
  expect(textHeaders(headers)).toEqual({ 'x-tenant': '', 'x-mine': 'kept', 'x-all': 'b' });
});
