import { connectKafka, kafkaConfig } from '@app/kafka';
import { createLogger, readConfig } from '@app/platform';
import { z } from 'zod';

/** Resolves with the cluster's id when a broker there answers as an administrator needs it. */
export async function kafkaAnswers(brokers: string): Promise<string> {
  const config = readConfig(z.object(kafkaConfig), { ...process.env, KAFKA_BROKERS: brokers });
  const admin = connectKafka(config, 'stack', createLogger('stack', 'silent')).admin({
    retry: { retries: 0 },
  });
  try {
    await admin.connect();
    const { clusterId, brokers: members } = await admin.describeCluster();
    if (members.length === 0) throw new Error('the cluster has no broker yet');
    return clusterId;
  } finally {
    await admin.disconnect();
  }
}
