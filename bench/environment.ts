import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { images } from '@tools/stack';
import { Redis } from 'ioredis';
import { root } from '../tools/start/root';
import { readCommit } from './read-commit';

/** What a result depends on besides the code: machine and versions. */
export interface Environment {
  commit: string;
  /** In UTC, as YYYY-MM-DD. */
  date: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
  node: string;
  kafka: string;
  redis: string;
  kafkajs: string;
}

export async function describeEnvironment(redisUrl: string): Promise<Environment> {
  const processors = cpus();
  return {
    commit: await readCommit(root),
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model ?? 'an unknown processor',
    cores: processors.length,
    memoryBytes: totalmem(),
    node: process.versions.node,
    kafka: kafkaVersion(process.env),
    redis: await redisVersion(redisUrl),
    kafkajs: await kafkajsVersion(),
  };
}

/** One sentence for a report. */
export function environmentSentence(environment: Environment): string {
  const { commit, date, cpu, cores, memoryBytes, node, kafka, redis, kafkajs } = environment;
  const machine = `${String(cores)} × ${cpu}, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB of memory`;
  return `Measured at commit ${commit} on ${date}: ${machine}; Node.js ${node}, Kafka ${kafka}, Redis ${redis}, kafkajs ${kafkajs}.`;
}

/** Brokers do not report their version, so it is known only if tools/stack started them. */
function kafkaVersion({ KAFKA_BROKERS }: NodeJS.ProcessEnv): string {
  const isOwn = KAFKA_BROKERS === undefined || KAFKA_BROKERS === '';
  return isOwn ? (images.kafka.split(':')[1] ?? '') : 'of an unknown version';
}

async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of an unknown version';
  } finally {
    redis.disconnect();
  }
}

async function kafkajsVersion(): Promise<string> {
  const manifest = await readFile(require.resolve('kafkajs/package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
