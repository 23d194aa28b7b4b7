import { reasonExplanations } from '@app/delivery';
import { silentLogger } from '@app/testing';
import { Records, topics } from '../../test/records';
import { EventDetails } from '../events/event-details';
import { Database } from '../read-model/database';
import { ReadModel } from '../read-model/read-model';
import { DeadLetters } from './dead-letters';

const newModel = (): ReadModel =>
  new ReadModel(new Database(':memory:'), {
    topics,
    defaultProjectId: 'default',
    logger: silentLogger,
  });

describe('the reasons', () => {
  it('of dead letters are explained, for a group and for a single dead letter', () => {
    const model = newModel();
    const r = new Records();
    const reasons = [...Object.keys(reasonExplanations), 'statsig_400', 'statsig_econnreset'];
    model.apply(topics.deliveriesDeadLetter, 0, reasons.map((reason) => r.deadLetter(`e-${reason}`, reason))); // prettier-ignore
    const deadLetters = new DeadLetters(model);
    const groups = deadLetters.groups();
    expect(groups.map(({ reason }) => reason).sort()).toEqual(reasons.sort());
    expect(groups.filter(({ explanation }) => explanation === null)).toEqual([]);
    expect(deadLetters.find(1)?.explanation).not.toBeNull();
  });

  it('of another version have no explanation', () => {
    const model = newModel();
    model.apply(topics.deliveriesDeadLetter, 0, [new Records().deadLetter('e1', 'of_another_version')]);
    expect(new DeadLetters(model).groups()).toMatchObject([{ explanation: null }]);
  });

  it('of attempts are explained', () => {
    const model = newModel();
    const r = new Records();
    model.apply(topics.receipts, 0, [
      r.receipt('e1', { outcome: 'retrying', reason: 'statsig_503', attempt: 1 }),
      r.receipt('e1', { outcome: 'delivered', attempt: 2 }),
    ]);
    expect(new EventDetails(model).find('default', 'e1')?.attemptLog).toMatchObject([
      { reason: 'statsig_503', explanation: { meaning: expect.stringContaining('failed') as string } },
      { reason: null, explanation: null },
    ]);
  });
});
