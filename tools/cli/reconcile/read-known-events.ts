import { decodeDelivery, readDelivered } from '@app/delivery';
import { type ConsumedRecord, deliveriesTopic, headerNames, readTopic } from '@app/kafka';
import { type RedisClient } from '@app/platform';
import { parseEnvelope } from '@app/revenuecat';
import { CannotRunError } from '../exit-codes';
import { type PipelineKafka } from '../pipeline-kafka';
import { type Progress } from '../progress';
import { type RetainedDeliveries } from './coverage';
import { deliveredFields, type KnownTransaction, knownEvent, mayBeKnown } from './known-event';
import { type ReportBuilder } from './report';
import { type Workspace } from './workspace';

interface Target {
  projectId: string;
  /** Project of records without a project id. */
  defaultProjectId: string;
  workspace: Workspace;
  report: ReportBuilder;
}

/**
 * Adds all purchases and refunds that the pipeline has received to the workspace. Deliveries show what was delivered, as the
 * ledger knows; events and dead letters show what has no delivery (yet). Returns how far the deliveries reach back.
 */
export async function readKnownEvents(
  pipeline: PipelineKafka,
  redis: RedisClient,
  target: Target,
  progress: () => Progress,
): Promise<RetainedDeliveries> {
  const { topics, inspector } = pipeline;
  const topic = deliveriesTopic(topics, target.projectId);
  const description = await inspector.topic(topic);
  if (description === undefined)
    throw new CannotRunError(
      `Project "${target.projectId}" has no deliveries topic: it has never had an event, or the project is misspelled.`,
    );
  for (const name of [topics.eventsDeadLetter, topics.events]) {
    await readAll(pipeline, name, progress(), (record) => {
      addEvent(record, target);
    });
  }
  const deliveries = new Deliveries(redis, target);
  await readAll(pipeline, topic, progress(), (record) => deliveries.add(record));
  await deliveries.flush();
  const { firstReceivedAtMs, firstWrittenAtMs } = deliveries;
  return {
    // Asked afterwards: records may be deleted while others are read.
    hasDeletions: await inspector.hasDeletions(topic),
    deletesBySize: Number(description.config.get('retention.bytes') ?? -1) >= 0,
    segmentMs: Number(description.config.get('segment.ms') ?? 0),
    firstReceivedAtMs,
    firstWrittenAtMs,
  };
}

async function readAll(
  { kafka, prefix }: PipelineKafka,
  topic: string,
  bar: Progress,
  visit: (record: ConsumedRecord) => void | Promise<void>,
): Promise<void> {
  try {
    await readTopic(kafka, topic, { topicPrefix: prefix, onTotal: bar.total }, (record) => {
      bar.step(1);
      return visit(record);
    });
  } finally {
    bar.end();
  }
}

function addEvent({ headers, value }: ConsumedRecord, target: Target): void {
  if ((headers[headerNames.projectId] ?? target.defaultProjectId) !== target.projectId) return;
  const parsed = parseEnvelope(value ?? new Uint8Array());
  if (parsed.kind !== 'envelope') return;
  const { type, fields } = parsed.envelope.event;
  const event = knownEvent(type, fields);
  if (event !== undefined) target.workspace.addKnown(event, false);
}

const maxIdsPerRead = 1_000;

/** Looks deliveries up in the ledger, many at once. */
class Deliveries {
  firstReceivedAtMs: number | undefined;
  firstWrittenAtMs: number | undefined;
  private readonly pending: { event: KnownTransaction; eventId: string }[] = [];

  constructor(
    private readonly redis: RedisClient,
    private readonly target: Target,
  ) {}

  async add({ value, timestampMs }: ConsumedRecord): Promise<void> {
    this.firstWrittenAtMs = Math.min(this.firstWrittenAtMs ?? Infinity, timestampMs);
    const delivery = decoded(value);
    if (delivery === undefined) return;
    const { head, body } = delivery;
    this.firstReceivedAtMs = Math.min(this.firstReceivedAtMs ?? Infinity, head.receivedAtMs);
    if (!mayBeKnown(head.type)) return;
    const fields = deliveredFields(head, body);
    const event = fields && knownEvent(head.type, fields);
    if (event === undefined) return;
    if (event.transactionId === undefined) this.target.report.addWithoutTransactionId();
    this.pending.push({ event, eventId: head.eventId });
    if (this.pending.length >= maxIdsPerRead) await this.flush();
  }

  async flush(): Promise<void> {
    const { projectId, workspace } = this.target;
    const pending = this.pending.splice(0);
    const eventIds = pending.map(({ eventId }) => eventId);
    const delivered = await readDelivered(this.redis, projectId, eventIds);
    for (const [i, { event }] of pending.entries()) workspace.addKnown(event, delivered[i] === true);
  }
}

/** Undefined if the record is not a delivery: the dispatcher makes it a dead letter. */
function decoded(value: Uint8Array | null): ReturnType<typeof decodeDelivery> | undefined {
  try {
    return decodeDelivery(value ?? new Uint8Array());
  } catch {
    return undefined;
  }
}
