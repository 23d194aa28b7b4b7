import { until } from '@tools/stack';
import { type KafkaClient, type Pipeline } from '../pipeline';
import { type ReceivedEvent, receivedAfter } from './received-events';
import { followReceipts } from './follow-receipts';
import { sampleEvents } from './sample-events';
import { sendSamples } from './send-samples';
import { type Evaluation, evaluate } from './evaluate';

const samplesTimeoutMs = 60_000;

/** Sends the sample events and waits until each has a final outcome, or until the timeout. */
export async function runSamples(
  pipeline: Pipeline,
  kafka: KafkaClient,
  onProgress: (text: string) => void,
): Promise<Evaluation> {
  const samples = await sampleEvents(Date.now());
  const followed = await followReceipts(kafka, pipeline.topics.receipts);
  try {
    const sentAtMs = await sendSamples(samples, pipeline, kafka);
    const check = async (): Promise<Evaluation> =>
      evaluate(samples, {
        sentAtMs,
        receipts: followed.receipts,
        received: await allReceived(pipeline.simulatorUrl),
      });
    let lastPending = samples.length;
    await until(
      async () => {
        const { pending } = await check();
        if (pending !== lastPending)
          onProgress(`${samples.length - pending} of ${samples.length} events processed`);
        lastPending = pending;
        if (pending > 0) throw new Error(`${pending} events are pending`);
      },
      { timeoutMs: samplesTimeoutMs },
    ).catch(() => undefined);
    return await check();
  } finally {
    await followed.stop();
  }
}

async function allReceived(simulatorUrl: string): Promise<ReceivedEvent[]> {
  const all: ReceivedEvent[] = [];
  for (;;) {
    const page = await receivedAfter(simulatorUrl, all.at(-1)?.seq ?? 0);
    if (page.length === 0) return all;
    all.push(...page);
  }
}
