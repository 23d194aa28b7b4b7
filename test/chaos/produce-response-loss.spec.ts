import { ProduceResponseLoss } from './produce-response-loss';

const produceKey = 0;
const metadataKey = 3;

function request(apiKey: number, correlationId: number): Buffer {
  const frame = Buffer.alloc(4 + 8);
  frame.writeInt32BE(8, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.writeInt32BE(correlationId, 8);
  return frame;
}

function response(correlationId: number): Buffer {
  const frame = Buffer.alloc(4 + 6);
  frame.writeInt32BE(6, 0);
  frame.writeInt32BE(correlationId, 4);
  return frame;
}

describe('ProduceResponseLoss', () => {
  it('forwards everything while no loss is set', () => {
    const { request: asked, response: passed } = new ProduceResponseLoss(1).filter();
    asked(request(produceKey, 1));
    expect(passed(response(1))).toEqual(response(1));
  });

  it('drops every nth response to a produce request, and no other response', () => {
    const loss = new ProduceResponseLoss(2);
    loss.loss = 'swallowed';
    const filter = loss.filter();
    for (const id of [1, 2, 4]) filter.request(request(produceKey, id));
    filter.request(request(metadataKey, 3));
    const passed = filter.response(Buffer.concat([1, 2, 3, 4].map(response)));
    expect(passed).toEqual(Buffer.concat([1, 3, 4].map(response)));
    expect(loss.lost).toBe(1);
  });

  it('resets the connection instead of forwarding the response', () => {
    const loss = new ProduceResponseLoss(1);
    loss.loss = 'reset';
    const filter = loss.filter();
    filter.request(request(produceKey, 7));
    expect(filter.response(response(7))).toBe('reset');
  });

  it('parses frames that arrive in pieces', () => {
    const loss = new ProduceResponseLoss(1);
    loss.loss = 'swallowed';
    const filter = loss.filter();
    const whole = request(produceKey, 5);
    filter.request(whole.subarray(0, 3));
    filter.request(whole.subarray(3));
    expect(filter.response(response(5).subarray(0, 7))).toHaveLength(0);
    expect(filter.response(response(5).subarray(7))).toHaveLength(0);
    expect(loss.lost).toBe(1);
  });
});
