import { type Integration } from '@app/integrations';
import { type SettingChange } from '../../api/integration-definitions';
import {
  draftIntegration,
  invalidSettings,
  readableSettings,
  requireSandboxEvents,
  withoutNulls,
} from '../integrations/draft-integration';
import { type StoredIntegration } from '../integrations/integration-directory';
import { settingChanges, unknownSettings } from './setting-changes';

interface Current {
  stored: StoredIntegration | undefined;
  /** Partition count of the existing integration or topic. */
  partitions: number | undefined;
  /** Partition count of a new topic. */
  defaultPartitions: number;
}

const root = ['settings'];

/**
 * Returns the integration that a definition describes, and how it differs from the current one. Works for every setting of the
 * schema. Throws 400 with a path to each invalid part.
 */
export function planDefinition(
  projectId: string,
  definition: Record<string, unknown>,
  { stored, partitions, defaultPartitions }: Current,
): { integration: Integration; changes: SettingChange[] } {
  const settings = { partitions: partitions ?? defaultPartitions, ...definition };
  const integration = draftIntegration(projectId, settings, stored, root);
  const { projectId: given = projectId } = definition;
  if (given !== projectId) {
    const message = `It must be "${projectId}", as in the URL.`;
    throw invalidSettings([{ path: ['projectId'], message }], root);
  }
  const unknown = unknownSettings(withoutNulls(definition), integration);
  if (unknown.length > 0) {
    const message = 'There is no such setting.';
    throw invalidSettings(
      unknown.map((path) => ({ path, message })),
      root,
    );
  }
  if (partitions !== undefined && integration.partitions !== partitions) {
    const message = `It cannot be changed: the deliveries topic has ${partitions} partitions.`;
    throw invalidSettings([{ path: ['partitions'], message }], root);
  }
  requireSandboxEvents(integration, stored, root);
  return { integration, changes: settingChanges(readableSettings(stored), integration) };
}
