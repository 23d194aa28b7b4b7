import { type RedisClient } from '@app/platform';
import { z } from 'zod';
import { jsonText } from '../domain/json-text';

/** Hash from `<project>/<outcome>` to the count and the latest of these refusals. */
const refusalsKey = 'webhooks:refused';
const keptMs = 24 * 3_600_000;

/** Why a webhook was refused: the values of the label `outcome` of `rcstatsig_ingest_requests_total` other than `accepted`. */
export type RefusalOutcome =
  | 'unauthorized'
  | 'bad_signature'
  | 'unknown_project'
  | 'wrong_url'
  | 'too_large'
  | 'wrong_content_type'
  | 'wrong_encoding'
  | 'invalid_event'
  | 'incomplete'
  | 'overloaded'
  | 'unavailable'
  | 'failed';

const refusalSchema = z.object({
  /** Number of refusals by all instances of ingest, until 24 hours passed without one. */
  count: z.number(),
  lastAtMs: z.number(),
  /** Detail of the latest one, for the operator: what was wrong, and what to compare. Never a secret. */
  detail: z.string(),
});

const storedRefusalSchema = jsonText(refusalSchema);

export interface RefusedWebhooks extends z.output<typeof refusalSchema> {
  /** `unknownProject` if the URL of the webhooks has another project. */
  projectId: string;
  /** As in the metric `rcstatsig_ingest_requests_total`. */
  outcome: string;
}

/**
 * Adds to a count, which restarts after 24 hours without a refusal.
 *
 * KEYS[1]  hash of refusals
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

/** Webhooks that ingest has refused, which the console shows. */
export class RefusedWebhooksStore {
  constructor(private readonly redis: RedisClient) {}

  async add({ projectId, outcome, count, lastAtMs, detail }: RefusedWebhooks): Promise<void> {
    await this.redis.eval(add, 1, refusalsKey, `${projectId}/${outcome}`, count, lastAtMs, detail, keptMs);
  }

  /** Refusals whose latest is at most 24 hours old, latest first. Ignores values of another version. */
  async list(nowMs: number): Promise<RefusedWebhooks[]> {
    return Object.entries(await this.redis.hgetall(refusalsKey))
      .flatMap(([field, text]) => {
        const [projectId = '', outcome = ''] = field.split('/');
        const { data } = storedRefusalSchema.safeParse(text);
        return data === undefined ? [] : [{ projectId, outcome, ...data }];
      })
      .filter(({ lastAtMs }) => lastAtMs > nowMs - keptMs)
      .sort((a, b) => b.lastAtMs - a.lastAtMs);
  }
}
