import { evaluateBrokers } from './evaluate-brokers';

const broker = (id: number, changes: object = {}) => ({
  id,
  address: `10.0.0.${id}:9092`,
  isController: id === 1,
  version: '4.1' as string | undefined,
  ...changes,
});
const three = [broker(1), broker(2), broker(3)];

describe('the evaluation of the brokers', () => {
  it('reports version and addresses', () => {
    expect(evaluateBrokers(three, 3)).toEqual([
      {
        level: 'ok',
        subject: 'Kafka',
        found: 'Reachable: version 4.1 at 10.0.0.1:9092, 10.0.0.2:9092, 10.0.0.3:9092.',
      },
    ]);
  });

  it('reports fewer brokers than replicas, a single broker, and a missing controller', () => {
    expect(evaluateBrokers(three.slice(0, 2), 3)).toMatchObject([{ level: 'error' }]);
    expect(evaluateBrokers([broker(1)], 1)).toMatchObject([{ level: 'ok' }, { level: 'warning' }]);
    expect(evaluateBrokers([broker(2), broker(3)], 1)).toMatchObject([{ level: 'error' }]);
  });

  it.each(['3.9', undefined])('reports that one broker has version %s', (version) => {
    expect(evaluateBrokers([...three.slice(0, 2), broker(3, { version })], 3)).toMatchObject([
      { level: 'ok' },
      {
        level: 'warning',
        found: expect.stringContaining(`10.0.0.3:9092 ${version ?? 'unknown'}`) as unknown,
      },
    ]);
  });
});
