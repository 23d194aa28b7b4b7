export interface BrokerSpec {
  id: number;
  ports: { client: number; controller: number };
  proxied?: ProxiedListener | undefined;
}

/** A second listener, for clients that reach the broker through a proxy: they are given the proxy's port. */
export interface ProxiedListener {
  listenOn: number;
  advertise: number;
}

const host = '127.0.0.1';

/** Settings of a node that is broker and controller, in a cluster of `members`. */
export function brokerProperties(
  { id, ports, proxied }: BrokerSpec,
  members: readonly BrokerSpec[],
  dataFolder: string,
): string {
  const replicas = Math.min(3, members.length);
  const inSync = Math.min(2, replicas);
  const through = (port: number | undefined): string =>
    port === undefined ? '' : `,PROXIED://${host}:${port}`;
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': members
      .map((member) => `${member.id}@${host}:${member.ports.controller}`)
      .join(','),
    listeners: `PLAINTEXT://${host}:${ports.client},CONTROLLER://${host}:${ports.controller}${through(proxied?.listenOn)}`,
    'advertised.listeners': `PLAINTEXT://${host}:${ports.client}${through(proxied?.advertise)}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataFolder,
    // A broker that was killed can come back no sooner.
    'broker.session.timeout.ms': 6_000,
    // The controller moves leaders to the first replica of each partition so often.
    'leader.imbalance.check.interval.seconds': 1,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
