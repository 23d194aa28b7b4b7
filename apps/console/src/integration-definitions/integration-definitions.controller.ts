import { IntegrationChangedError, omitSecrets, projectIdSchema, secretsOf } from '@app/integrations';
import { Body, Controller, Get, Inject, Param, Put, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type DefinitionChange,
  definitionChange,
  type IntegrationDefinition,
  integrationDefinition,
  type NewDefinition,
  newDefinition,
} from '../../api/integration-definitions';
import { AuditLog } from '../audit/audit-log';
import { CONSOLE_CONFIG, type ConsoleConfig } from '../console.config';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { changedBySomeoneElse, missingEncryptionKey } from '../http/conflicts';
import { IntegrationDirectory } from '../integrations/integration-directory';
import { shownSettings } from '../integrations/integration-view';
import { ProjectPartitions } from '../integrations/project-partitions';
import { WebhookEndpoints } from '../integrations/webhook-endpoints';
import { planDefinition } from './plan-definition';

/** Integrations as documents, for `integrations export` and `integrations apply`. */
@ApiTags('integrations')
@RequiresSignIn()
@Controller('api/integration-definitions')
export class IntegrationDefinitionsController {
  constructor(
    private readonly integrations: IntegrationDirectory,
    private readonly webhooks: WebhookEndpoints,
    private readonly projects: ProjectPartitions,
    private readonly audit: AuditLog,
    @Inject(CONSOLE_CONFIG) private readonly config: ConsoleConfig,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the settings of all integrations, without their secrets' })
  @ApiResponses(
    { description: 'The definitions, sorted by project', schema: z.array(integrationDefinition) },
    [503],
  )
  async list(): Promise<IntegrationDefinition[]> {
    const found = await this.integrations.settings();
    return found.map(({ projectId, origin, settings }) => ({
      ...{ projectId, origin },
      settings: settings === undefined ? null : { ...omitSecrets(settings) },
      secrets: [...secretsOf(settings).keys()],
    }));
  }

  @Put(':projectId')
  @ApiOperation({
    summary: 'Add or change an integration so that it has these settings, or show what would change',
  })
  @ApiResponses(
    { description: 'What the definition changes, or has changed', schema: definitionChange },
    [400, 409, 503],
  )
  async apply(
    @Param('projectId', { schema: projectIdSchema }) projectId: string,
    @Body({ schema: newDefinition }) { settings, dryRun, revision: expected }: NewDefinition,
    @Req() request: FastifyRequest,
  ): Promise<DefinitionChange> {
    const { store } = this.integrations;
    if (store === undefined)
      throw missingEncryptionKey('Integrations cannot be stored without a key to encrypt their secrets.');
    const changedSince = (): Error => changedBySomeoneElse(`The integration of project "${projectId}"`);
    const revision = await store.revision(projectId);
    if (expected !== undefined && expected !== revision) throw changedSince();
    const stored = await this.integrations.findStored(projectId);
    const { integration, changes } = planDefinition(projectId, settings, {
      stored,
      partitions: (await this.projects.partitions()).get(projectId),
      defaultPartitions: this.config.TOPIC_PARTITIONS,
    });
    const action = stored === undefined ? 'add' : changes.length === 0 ? 'none' : 'change';
    if (!dryRun && action !== 'none') {
      const replaced = changes.filter(({ isSecret }) => isSecret).map(({ path }) => path.join('.'));
      const detail = { ...shownSettings(integration), replaced };
      const entry = { action: `${action}_integration`, target: projectId, detail };
      await this.audit.around(request, entry, () =>
        store.save(integration, revision).catch((error: unknown) => {
          throw error instanceof IntegrationChangedError ? changedSince() : error;
        }),
      );
    }
    const { authorizations, signingSecrets } = await this.webhooks.show(projectId);
    const hasWebhookCredentials = authorizations + signingSecrets > 0;
    return { projectId, action, changes, revision, hasWebhookCredentials };
  }
}
