export interface BrokerPorts {
  client: number;
  controller: number;
  /** A second door, for clients that are told another address than the one it is at, such as a proxy's. */
  proxied?: { listenOn: number; advertise: number } | undefined;
}

/** Settings of a single node that is broker and controller, for trying out and testing. */
export function brokerProperties({ client, controller, proxied }: BrokerPorts, dataFolder: string): string {
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller}${
      proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.listenOn}`
    }`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${client}${
      proxied === undefined ? '' : `,PROXIED://127.0.0.1:${proxied.advertise}`
    }`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataFolder,
    // A broker that was killed may come back no sooner.
    'broker.session.timeout.ms': 6_000,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
