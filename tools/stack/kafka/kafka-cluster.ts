import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import getPort from 'get-port';
import { dataFolder } from '../data-folder';
import { runCommand } from '../process/run-command';
import { type ServerProcess, startServer } from '../process/server-process';
import {
  brokerProperties,
  type BrokerSpec,
  type ProxiedListener,
  type SecuredKafka,
} from './broker-properties';
import { ClusterAdmin, describeCluster } from './cluster-admin';
import { kafkaJars } from './kafka-jars';

export interface KafkaBroker extends ServerProcess {
  id: number;
  /** host:port */
  address: string;
  logFile: string;
}

export interface KafkaCluster {
  /** host:port of every broker, comma-separated */
  brokers: string;
  /** The TLS listeners; empty unless {@link KafkaClusterOptions.secured} was given. */
  saslBrokers: string;
  mutualTlsBrokers: string;
  nodes: readonly KafkaBroker[];
  admin: ClusterAdmin;
  stop: () => Promise<void>;
}

export interface KafkaClusterOptions {
  /** @default 1 */
  brokers?: number | undefined;
  /** Port of the first broker, if it is free; otherwise any free port. */
  preferredPort?: number | undefined;
  /** Folder in which data is kept for the next start. @default a temporary folder */
  keepIn?: string | undefined;
  onProgress?: ((text: string) => void) | undefined;
  /** A second listener per broker. */
  proxied?: readonly ProxiedListener[];
  /** Two more listeners per broker, with TLS. */
  secured?: SecuredKafka;
}

interface Node {
  spec: BrokerSpec;
  folder: string;
  properties: string;
  data: string;
}

const host = '127.0.0.1';
const startTimeoutMs = 90_000;

/**
 * Starts Apache Kafka as local processes, each both broker and controller (KRaft). With three brokers, topics have by
 * default three replicas, of which two must have a record before it is acknowledged.
 */
export async function startKafkaCluster(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
  const { brokers: count = 1, keepIn, onProgress = () => undefined } = options;
  const java = javaCommand(await kafkaJars(onProgress), count === 1 ? 512 : 384);
  const folder = await dataFolder('kafka', keepIn);
  let started: PromiseSettledResult<KafkaBroker>[] = [];
  const stop = async (): Promise<void> => {
    const running = started.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
    // A controlled shutdown moves leaders to brokers that are stopping too, so it is used only if data is kept.
    await Promise.all(running.map((node) => (keepIn === undefined ? node.kill() : node.stop())));
    await folder.done();
  };
  try {
    const specs = await Promise.all(
      Array.from({ length: count }, (_, i) => brokerSpec(i, options, folder.path)),
    );
    const nodes = await Promise.all(specs.map((spec) => prepare(spec, specs, folder.path)));
    const clusterId = await formatNodes(nodes, java, options.secured?.users ?? {});
    started = await Promise.allSettled(nodes.map((node) => start(node, java, clusterId)));
    const running = started.map((node) => {
      if (node.status === 'rejected') throw node.reason;
      return node.value;
    });
    const addresses = running.map(({ address }) => address);
    const securedAt = (port: 'saslPort' | 'mutualTlsPort'): string =>
      specs.flatMap(({ secured }) => (secured === undefined ? [] : `${host}:${secured[port]}`)).join(',');
    return {
      brokers: addresses.join(','),
      saslBrokers: securedAt('saslPort'),
      mutualTlsBrokers: securedAt('mutualTlsPort'),
      nodes: running,
      admin: new ClusterAdmin(addresses),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function brokerSpec(
  index: number,
  { preferredPort, proxied, secured }: KafkaClusterOptions,
  folder: string,
): Promise<BrokerSpec> {
  const client = await getPort({
    host,
    ...(index === 0 && preferredPort !== undefined && { port: preferredPort }),
  });
  return {
    id: index + 1,
    ports: { client, controller: await getPort({ host }) },
    proxied: proxied?.[index],
    secured: secured && {
      ...secured,
      saslPort: await getPort({ host }),
      mutualTlsPort: await getPort({ host }),
      keyStore: path.join(folder, 'key-store.pem'),
    },
  };
}

async function prepare(spec: BrokerSpec, members: readonly BrokerSpec[], parent: string): Promise<Node> {
  const folder = path.join(parent, `broker-${spec.id}`);
  const node = {
    spec,
    folder,
    properties: path.join(folder, 'server.properties'),
    data: path.join(folder, 'data'),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(node.properties, brokerProperties(spec, members, node.data));
  const { secured } = spec;
  if (secured !== undefined)
    await writeFile(secured.keyStore, secured.certificate.key + secured.certificate.cert);
  return node;
}

/** Returns the cluster id in the nodes' data; formats nodes that have none. */
async function formatNodes(
  nodes: readonly Node[],
  java: string[],
  users: Readonly<Record<string, string>>,
): Promise<string> {
  const scramUsers = Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
  const kept = await Promise.all(nodes.map(({ data }) => clusterIdIn(data)));
  const clusterId = kept.find((id) => id !== undefined) ?? randomBytes(16).toString('hex').slice(0, 22);
  await Promise.all(
    nodes
      .filter((_, i) => kept[i] === undefined)
      .map(({ properties }) =>
        runCommand(
          'java',
          [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties, ...scramUsers],
          { timeoutMs: startTimeoutMs },
        ),
      ),
  );
  return clusterId;
}

async function clusterIdIn(data: string): Promise<string | undefined> {
  const properties = await readFile(path.join(data, 'meta.properties'), 'utf8').catch(() => '');
  return /^cluster\.id=(.+)$/m.exec(properties)?.[1];
}

async function start(
  { spec, folder, properties }: Node,
  java: string[],
  clusterId: string,
): Promise<KafkaBroker> {
  const { id, ports } = spec;
  const address = `${host}:${ports.client}`;
  const logFile = path.join(folder, 'kafka.log');
  const server = await startServer({
    name: `Kafka broker ${id}`,
    command: 'java',
    args: [...java, 'kafka.Kafka', properties],
    logFile,
    timeoutMs: startTimeoutMs,
    checkReady: async () => {
      const found = await describeCluster(address);
      if (found.clusterId !== clusterId)
        throw new Error(`another Kafka (${found.clusterId}) is at ${address}`);
      if (!found.brokerIds.includes(id)) throw new Error(`broker ${id} has not joined its cluster yet`);
    },
  });
  return { ...server, id, address, logFile };
}

function javaCommand(jars: string, heapMiB: number): string[] {
  return [
    `-Xmx${heapMiB}m`,
    // Optimized for fast start and low memory, not for throughput.
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${path.join(__dirname, 'log4j2.properties')}`,
    '-cp',
    path.join(jars, '*'),
  ];
}
