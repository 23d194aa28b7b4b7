import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import getPort from 'get-port';
import { dataFolder } from '../data-folder';
import { runCommand } from '../process/run-command';
import { type ServerProcess, startServer } from '../process/server-process';
import { type BrokerPorts, brokerProperties } from './broker-properties';
import { kafkaAnswers } from './kafka-answers';
import { kafkaJars } from './kafka-jars';

export interface LocalKafka extends ServerProcess {
  /** host:port */
  brokers: string;
  port: number;
}

export interface LocalKafkaOptions {
  /** Taken when it is free; any free port otherwise. */
  preferredPort?: number;
  /** Folder in which the data stays for the next start; a temporary folder unless given. */
  keepIn?: string;
  onProgress?: (text: string) => void;
  proxied?: BrokerPorts['proxied'];
}

const startTimeoutMs = 60_000;

/** Apache Kafka as a local process: one node, KRaft. */
export async function startLocalKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const { preferredPort, keepIn, onProgress = () => undefined } = options;
  const java = javaCommand(await kafkaJars(onProgress));
  const folder = await dataFolder('kafka', keepIn);
  const inFolder = (name: string): string => path.join(folder.path, name);
  try {
    const host = '127.0.0.1';
    const port = await getPort({ host, port: preferredPort });
    const controller = await getPort({ host });
    const properties = inFolder('server.properties');
    await writeFile(
      properties,
      brokerProperties({ client: port, controller, proxied: options.proxied }, inFolder('data')),
    );
    const clusterId = await clusterIdIn(inFolder('data')).catch(async () => {
      await format(java, properties);
      return clusterIdIn(inFolder('data'));
    });
    const brokers = `${host}:${port}`;
    const server = await startServer({
      name: 'Kafka',
      command: 'java',
      args: [...java, 'kafka.Kafka', properties],
      logFile: inFolder('kafka.log'),
      timeoutMs: startTimeoutMs,
      answers: async () => {
        const found = await kafkaAnswers(brokers);
        if (found !== clusterId) throw new Error(`another Kafka (${found}) answers at ${brokers}`);
      },
    });
    return {
      ...server,
      brokers,
      port,
      stop: async () => {
        await server.stop();
        await folder.done();
      },
    };
  } catch (error) {
    await folder.done();
    throw error;
  }
}

function javaCommand(jars: string): string[] {
  return [
    '-Xmx512m',
    // Quick to start and small, rather than fast in the long run.
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${path.join(__dirname, 'log4j2.properties')}`,
    '-cp',
    path.join(jars, '*'),
  ];
}

async function format(java: string[], properties: string): Promise<void> {
  const clusterId = randomBytes(16).toString('hex').slice(0, 22);
  await runCommand(
    'java',
    [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties],
    {
      timeoutMs: startTimeoutMs,
    },
  );
}

async function clusterIdIn(data: string): Promise<string> {
  const properties = await readFile(path.join(data, 'meta.properties'), 'utf8');
  const id = /^cluster\.id=(.+)$/m.exec(properties)?.[1];
  if (id === undefined) throw new Error(`${data} holds no cluster id: remove the folder`);
  return id;
}
