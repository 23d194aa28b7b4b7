import { type RedisClient } from '@app/platform';
import { z } from 'zod';

/** Hash from `<project>/<outcome>` to the latest of those refusals. */
const refusalsKey = 'webhooks:refused';
const keptMs = 24 * 3_600_000;

/** Project of webhooks whose URL names none that there is. */
export const unknownProject = 'unknown';

/** Why a webhook was refused: the label `outcome` of `ingest_requests_total`, beside `accepted`. */
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
  /** In the last 24 hours, by all instances of ingest. */
  count: z.number(),
  lastAtMs: z.number(),
  /** Of the latest one, for an operator: what was wrong, and what to compare. Never a secret. */
  detail: z.string(),
});

export interface RefusedWebhooks extends z.output<typeof refusalSchema> {
  projectId: string;
  /** As in the metric `ingest_requests_total`. */
  outcome: string;
}

/** Adds to a count; one that nothing was added to for a day begins anew. */
const add = `
  local field, count, at, detail, kept = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
  local before = redis.call('HGET', KEYS[1], field)
  if before then
    local known = cjson.decode(before)
    if known.lastAtMs > at - kept then count = count + known.count end
  end
  redis.call('HSET', KEYS[1], field, cjson.encode({ count = count, lastAtMs = at, detail = detail }))
  redis.call('PEXPIRE', KEYS[1], kept)
`;

/** What ingest refused, for the console, which has no other way to know. */
export class RefusedWebhooksStore {
  constructor(private readonly redis: RedisClient) {}

  async add({ projectId, outcome, count, lastAtMs, detail }: RefusedWebhooks): Promise<void> {
    await this.redis.eval(add, 1, refusalsKey, `${projectId}/${outcome}`, count, lastAtMs, detail, keptMs);
  }

  /** Those of the last 24 hours, the latest first. */
  async list(nowMs: number): Promise<RefusedWebhooks[]> {
    return Object.entries(await this.redis.hgetall(refusalsKey))
      .map(([field, text]) => {
        const [projectId = '', outcome = ''] = field.split('/');
        return { projectId, outcome, ...refusalSchema.parse(JSON.parse(text)) };
      })
      .filter(({ lastAtMs }) => lastAtMs > nowMs - keptMs)
      .sort((a, b) => b.lastAtMs - a.lastAtMs);
  }
}
