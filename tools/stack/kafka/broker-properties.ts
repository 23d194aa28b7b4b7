import { type Certificate } from '../certificate-authority';

export interface BrokerSpec {
  id: number;
  ports: { client: number; controller: number };
  proxied?: ProxiedListener | undefined;
  secured?: SecuredListeners | undefined;
}

/** A second listener for clients that connect through a proxy: it advertises the proxy's port. */
export interface ProxiedListener {
  listenOn: number;
  advertise: number;
}

/** What clients of the secured listeners need. */
export interface SecuredKafka {
  /** Certificate of the brokers, for 127.0.0.1. The mutual TLS listener accepts clients of the same authority. */
  certificate: Certificate;
  /** Passwords by user name, for PLAIN and SCRAM. With OAUTHBEARER, every unsecured JWT with `sub` is accepted. */
  users: Readonly<Record<string, string>>;
  /**
   * Whether these users need permissions (ACLs); otherwise they may do everything. Clients without credentials, as on the
   * first listener, always may.
   */
  requiresPermissions?: boolean;
}

/** Two more listeners of a broker, with TLS: one for SASL, one for mutual TLS. */
interface SecuredListeners extends SecuredKafka {
  saslPort: number;
  mutualTlsPort: number;
  /** Private key and certificate of the broker in one file. */
  keyStore: string;
}

const host = '127.0.0.1';

/** Returns the properties of a node that is both broker and controller, in a cluster of `members`. */
export function brokerProperties(
  { id, ports, proxied, secured }: BrokerSpec,
  members: readonly BrokerSpec[],
  dataFolder: string,
): string {
  const replicas = Math.min(3, members.length);
  const inSync = Math.min(2, replicas);
  const listener = (name: string, port: number | undefined): string =>
    port === undefined ? '' : `,${name}://${host}:${port}`;
  const withTls = listener('SASL', secured?.saslPort) + listener('MUTUAL', secured?.mutualTlsPort);
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': members
      .map((member) => `${member.id}@${host}:${member.ports.controller}`)
      .join(','),
    listeners: `PLAINTEXT://${host}:${ports.client},CONTROLLER://${host}:${ports.controller}${listener('PROXIED', proxied?.listenOn)}${withTls}`,
    'advertised.listeners': `PLAINTEXT://${host}:${ports.client}${listener('PROXIED', proxied?.advertise)}${withTls}`,
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataFolder,
    // A killed broker cannot register again before its session has timed out.
    'broker.session.timeout.ms': 6_000,
    // How often the controller moves leadership back to the preferred replicas.
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
    ...(secured !== undefined && tlsProperties(secured)),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function tlsProperties({
  certificate,
  users,
  keyStore,
  requiresPermissions = false,
}: SecuredListeners): Record<string, string | number> {
  const security = 'org.apache.kafka.common.security';
  const plainUsers = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificate.caFile,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.sasl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required ${plainUsers.join(' ')};`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.sasl.oauthbearer.sasl.jaas.config': `${security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    // Clients that do not authenticate again in time are disconnected.
    'listener.name.sasl.oauthbearer.connections.max.reauth.ms': 60_000,
    // The user of a client certificate is its common name.
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+)$/$1/,DEFAULT',
    ...(requiresPermissions && {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    }),
  };
}
