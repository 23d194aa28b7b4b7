import { type RedisClient } from '@app/platform';
import { z } from 'zod';
import { jsonText } from '../domain/json-text';

/** Hash from `<project>/<outcome>` to the count and the latest of these rejections. */
const rejectionsKey = 'webhooks:rejected';
const keptMs = 24 * 3_600_000;

const rejectionSchema = z.object({
  /** Number of rejections by all instances of ingest, until 24 hours passed without one. */
  count: z.number(),
  lastAtMs: z.number(),
  /** Detail of the latest one, for the operator: what was wrong, and what to compare. Never a secret. */
  detail: z.string(),
});

const storedRejectionSchema = jsonText(rejectionSchema);

export interface RejectedWebhooks extends z.output<typeof rejectionSchema> {
  /** `unknownProject` if the URL of the webhooks has another project. */
  projectId: string;
  /** Why they were rejected, as in the metric `rcstatsig_ingest_requests_total`. */
  outcome: string;
}

/**
 * Adds to a count, which restarts after 24 hours without a rejection.
 *
 * KEYS[1]  hash of rejections
 * ARGV     field, number to add, time of the latest in ms, its detail, time to keep it in ms
 */
const add = `
  local field, count, at, detail, kept = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
  local before = redis.call('HGET', KEYS[1], field)
  local isJson, known = pcall(cjson.decode, before or '')
  if isJson and type(known) == 'table' and (tonumber(known.lastAtMs) or 0) > at - kept then
    count = count + (tonumber(known.count) or 0)
  end
  redis.call('HSET', KEYS[1], field, cjson.encode({ count = count, lastAtMs = at, detail = detail }))
  redis.call('PEXPIRE', KEYS[1], kept)
`;

/** Webhooks that ingest has rejected, which the console shows. */
export class RejectedWebhooksStore {
  constructor(private readonly redis: RedisClient) {}

  async add({ projectId, outcome, count, lastAtMs, detail }: RejectedWebhooks): Promise<void> {
    await this.redis.eval(add, 1, rejectionsKey, `${projectId}/${outcome}`, count, lastAtMs, detail, keptMs);
  }

  /** Rejections whose latest is at most 24 hours old, latest first. Ignores values of another version. */
  async list(nowMs: number): Promise<RejectedWebhooks[]> {
    return Object.entries(await this.redis.hgetall(rejectionsKey))
      .flatMap(([field, text]) => {
        const [projectId = '', outcome = ''] = field.split('/');
        const { data } = storedRejectionSchema.safeParse(text);
        return data === undefined ? [] : [{ projectId, outcome, ...data }];
      })
      .filter(({ lastAtMs }) => lastAtMs > nowMs - keptMs)
      .sort((a, b) => b.lastAtMs - a.lastAtMs);
  }
}
