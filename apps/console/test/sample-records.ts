import { deliveriesTopic, type RecordProducer, type TopicNames } from '@app/kafka';
import { Records } from './records';
import { type RunningConsole } from './running-console';

const customers = 20;

/** Writes the pipeline's records of twenty customers, each with one delivered and one dead-lettered event. */
export async function writeSampleRecords(producer: RecordProducer, names: TopicNames): Promise<void> {
  const r = new Records();
  const to = (topic: string, record: ReturnType<Records['record']>, key: string) =>
    producer.send([{ topic, key, value: record.value, headers: { ...record.headers } }]);
  for (let i = 0; i < customers; i += 1) {
    const user = { app_user_id: `user-${i}`, aliases: [`user-${i}`], environment: 'PRODUCTION' };
    const [good, bad] = [`good-${i}`, `bad-${i}`];
    await Promise.all([
      to(names.events, r.event(good, user), `default:user-${i}`),
      to(names.events, r.event(bad, user), `default:user-${i}`),
      to(deliveriesTopic(names, 'default'), r.delivery(good), `default:user-${i}`),
      to(deliveriesTopic(names, 'default'), r.delivery(bad), `default:user-${i}`),
      to(names.receipts, r.receipt(good, { outcome: 'delivered', status: 200 }), `default:user-${i}`),
      to(
        names.receipts,
        r.receipt(bad, { outcome: 'dead_lettered', status: 400, reason: 'statsig_400' }),
        `default:user-${i}`,
      ),
      to(names.deliveriesDeadLetter, r.deadLetter(bad), `default:user-${i}`),
    ]);
  }
}

/** Waits until a console has read all sample records. */
export async function sampleRecordsRead({ model }: RunningConsole): Promise<void> {
  const all = { bodies: 2 * customers, receipts: 2 * customers, deliveries: 2 * customers, dead: customers };
  const counts = () =>
    model.db.get(`SELECT (SELECT count(*) FROM bodies) AS bodies, (SELECT count(*) FROM receipts) AS receipts,
      (SELECT count(*) FROM deliveries) AS deliveries, (SELECT count(*) FROM dead_letters) AS dead`);
  while (JSON.stringify(counts()) !== JSON.stringify(all)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
