import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type AclEntry,
  ResourcePatternTypes,
} from 'kafkajs';
import { type KafkaClient, type KafkaOperation, type KafkaPermission, withAdmin } from '@app/kafka';

const resources = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP };
const patterns = { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED };
const operations: Record<KafkaOperation, AclOperationTypes> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Alter: AclOperationTypes.ALTER,
  Delete: AclOperationTypes.DELETE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

/** @param kafka a client that may change permissions */
export async function grant(
  kafka: KafkaClient,
  user: string,
  permissions: readonly KafkaPermission[],
): Promise<void> {
  await withAdmin(kafka, (admin) => admin.createAcls({ acl: permissions.flatMap(entriesOf(user)) }));
}

/** Reverses {@link grant}. */
export async function revoke(
  kafka: KafkaClient,
  user: string,
  permissions: readonly KafkaPermission[],
): Promise<void> {
  await withAdmin(kafka, (admin) => admin.deleteAcls({ filters: permissions.flatMap(entriesOf(user)) }));
}

function entriesOf(user: string): (permission: KafkaPermission) => AclEntry[] {
  return ({ resource, name, pattern, operations: allowed }) =>
    allowed.map((operation) => ({
      resourceType: resources[resource],
      resourceName: name,
      resourcePatternType: patterns[pattern],
      principal: `User:${user}`,
      host: '*',
      operation: operations[operation],
      permissionType: AclPermissionTypes.ALLOW,
    }));
}
