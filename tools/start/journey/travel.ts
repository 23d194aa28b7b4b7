import { until } from '@tools/stack';
import { type KafkaClient, type Pipeline } from '../pipeline';
import { type Arrival, arrivalsAfter } from './arrivals';
import { followReceipts } from './follow-receipts';
import { sampleJourney } from './sample-journey';
import { sendJourney } from './send-journey';
import { type Verdict, verdictOn } from './verdict';

const travelTimeoutMs = 60_000;

/** Sends the sample journey and watches until each event has come to its end, or the time is over. */
export async function travel(
  pipeline: Pipeline,
  kafka: KafkaClient,
  onProgress: (text: string) => void,
): Promise<Verdict> {
  const journey = await sampleJourney(Date.now());
  const followed = await followReceipts(kafka, pipeline.topics.receipts);
  try {
    const sentAtMs = await sendJourney(journey, pipeline, kafka);
    const look = async (): Promise<Verdict> =>
      verdictOn(journey, {
        sentAtMs,
        receipts: followed.receipts,
        arrivals: await everyArrival(pipeline.simulatorUrl),
      });
    let before = journey.length;
    await until(
      async () => {
        const { pending } = await look();
        if (pending !== before)
          onProgress(`${journey.length - pending} of ${journey.length} events are through`);
        before = pending;
        if (pending > 0) throw new Error(`${pending} events are under way`);
      },
      { timeoutMs: travelTimeoutMs },
    ).catch(() => undefined);
    return await look();
  } finally {
    await followed.stop();
  }
}

async function everyArrival(simulatorUrl: string): Promise<Arrival[]> {
  const all: Arrival[] = [];
  for (;;) {
    const page = await arrivalsAfter(simulatorUrl, all.at(-1)?.seq ?? 0);
    if (page.length === 0) return all;
    all.push(...page);
  }
}
