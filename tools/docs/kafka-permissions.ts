import { type KafkaPermission, kafkaPermissions } from '@app/kafka';
import { replaceGeneratedPart } from './generated-part';
import { markdownTable } from './markdown-table';

/** A shell variable in the commands. */
const prefix = '${PREFIX}';

/** docs/connections.md with the current permissions. */
export function withKafkaPermissions(page: string): string {
  return replaceGeneratedPart(page, 'libs/kafka/src/permissions.ts', `${table()}\n\n${commands()}`);
}

function table(): string {
  return markdownTable(
    ['user', 'on', 'operations', 'to'],
    Object.entries(kafkaPermissions('')).flatMap(([user, permissions]) =>
      permissions.map(({ resource, name, pattern, operations, purpose }) => [
        `\`${user}\``,
        `${resource} \`${name}${pattern === 'prefixed' ? '*' : ''}\``,
        operations.join(', '),
        purpose,
      ]),
    ),
  );
}

function commands(): string {
  const lines = Object.entries(kafkaPermissions(prefix)).map(([user, permissions]) =>
    permissions.map((permission) => command(user, permission)).join('\n'),
  );
  return [
    '```sh',
    'PREFIX= # KAFKA_TOPIC_PREFIX',
    'allow() {',
    '  kafka-acls.sh --bootstrap-server "$BROKERS" --command-config admin.properties --add --allow-principal "User:$1" "${@:2}"',
    '}',
    lines.join('\n\n'),
    '```',
  ].join('\n');
}

function command(user: string, { resource, name, pattern, operations }: KafkaPermission): string {
  return [
    'allow',
    user,
    ...operations.map((operation) => `--operation ${operation}`),
    ...(pattern === 'prefixed' ? ['--resource-pattern-type prefixed'] : []),
    `--${resource}`,
    `"${name}"`,
  ].join(' ');
}
