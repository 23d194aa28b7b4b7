import { randomUUID } from 'node:crypto';
import {
  defaultEventTypes,
  sensitiveAttributes,
  type Integration,
  IntegrationChangedError,
  type IntegrationStore,
  namedSecretsOf,
  secretsOf,
} from '@app/integrations';
import { eventTypes } from '@app/revenuecat';
import { StatsigClient } from '@app/statsig';
import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Put,
  Req,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type IntegrationSetup,
  integrationSetup,
  type AddedIntegration,
  addedIntegration,
  type FilteredEvents,
  filteredEvents,
  type IntegrationView,
  integrationView,
  type ReadyIntegration,
  readyIntegration,
  type ResealResult,
  resealResult,
  type TestEventResult,
  testEventResult,
} from '../../api/integrations';
import { AuditLog } from '../audit/audit-log';
import { CONSOLE_CONFIG, type ConsoleConfig } from '../console.config';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { changedBySomeoneElse, missingEncryptionKey } from '../http/conflicts';
import {
  changedIntegration,
  type NewIntegration,
  newIntegration,
  newSecret,
  type TestEventInput,
  testEventInput,
} from './integration-input';
import { draftIntegration, requireSandboxEvents } from './draft-integration';
import { settingsVersion, shownSettings } from './integration-view';
import { ChannelStore } from '../notifications/channel-store';
import { IntegrationDirectory, settingsIn, type StoredIntegration } from './integration-directory';
import { ProjectPartitions } from './project-partitions';
import { resealAll } from './reseal';
import { sendTestEvent } from './test-event';
import { WebhookEndpoints } from './webhook-endpoints';

@ApiTags('integrations')
@RequiresSignIn()
@Controller('api')
export class IntegrationsController {
  constructor(
    private readonly integrations: IntegrationDirectory,
    private readonly webhooks: WebhookEndpoints,
    private readonly projects: ProjectPartitions,
    private readonly statsig: StatsigClient,
    private readonly audit: AuditLog,
    @Inject(CONSOLE_CONFIG) private readonly config: ConsoleConfig,
    /** Undefined if SETTINGS_ENCRYPTION_KEY is not set. */
    @Inject(ChannelStore) private readonly channels: ChannelStore | undefined,
  ) {}

  @Get('integrations')
  @ApiOperation({ summary: 'List all integrations with their health' })
  @ApiResponses(
    { description: 'The integrations, sorted by project', schema: z.array(integrationView) },
    [503],
  )
  list(): Promise<IntegrationView[]> {
    return this.integrations.list();
  }

  @Get('setup')
  @ApiOperation({ summary: 'Show the options and defaults of an integration' })
  @ApiResponses({ description: 'The options and defaults', schema: integrationSetup })
  setup(): IntegrationSetup {
    return {
      defaultProjectId: this.config.PROJECT_ID,
      defaultPartitions: this.config.TOPIC_PARTITIONS,
      canSave: this.integrations.store !== undefined,
      eventTypes,
      defaultEventTypes,
      sensitiveAttributes,
    };
  }

  @Post('test-events')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send a test event to Statsig, and return the response of Statsig',
    description:
      'A sandbox event with a price, mapped and sent as a real one would be with these settings, except that event types, filters and `includeSandbox` do not filter it out. It does not pass through Kafka.',
  })
  @ApiResponses(
    { description: 'The response of Statsig, whether it accepted the event or not', schema: testEventResult },
    [400, 503],
  )
  async test(
    @Body({ schema: testEventInput }) input: TestEventInput,
    @Req() request: FastifyRequest,
  ): Promise<TestEventResult> {
    const { projectId, ...settings } = input;
    const stored = projectId === undefined ? undefined : await this.integrations.findCurrent(projectId);
    if (settings.serverSecret === undefined) requireSecret(projectId, stored);
    const draft = draftIntegration(
      projectId ?? this.config.PROJECT_ID,
      { ...settings, lookup: null },
      stored,
    );
    const target = projectId ?? 'new integration';
    return this.audit.around(request, { action: 'send_test_event', target }, () =>
      sendTestEvent(draft, this.statsig, {
        eventId: `test-${randomUUID()}`,
        nowMs: Date.now,
      }),
    );
  }

  @Post('integrations')
  @ApiOperation({ summary: 'Add an integration, and webhook credentials if it has none' })
  @ApiResponses({ status: 201, description: 'Added', schema: addedIntegration }, [400, 409, 503])
  async add(
    @Body({ schema: newIntegration }) input: NewIntegration,
    @Req() request: FastifyRequest,
  ): Promise<AddedIntegration> {
    const { projectId } = input;
    const revision = await this.requireStore().revision(projectId);
    if ((await this.integrations.findStored(projectId))?.kind === 'ready') {
      throw new ConflictException(`Project "${projectId}" already has an integration: edit it instead.`);
    }
    const partitions = await this.choosePartitions(input);
    const integration = draftIntegration(projectId, { ...input, partitions }, undefined);
    requireSandboxEvents(integration, undefined);
    const { webhook, ...added } = await this.save(request, 'add_integration', integration, revision);
    if (webhook.origin !== 'none') return { ...added, webhook, authorization: null };
    const entry = { action: 'create_webhook_credentials', target: projectId };
    const authorization = await this.audit.around(request, entry, () =>
      this.webhooks.createIfMissing(projectId),
    );
    return {
      ...added,
      webhook: await this.webhooks.show(projectId),
      authorization: authorization ?? null,
    };
  }

  @Post('integrations/reseal')
  @HttpCode(200)
  @ApiOperation({ summary: 'Encrypt all stored secrets with the first key of SETTINGS_ENCRYPTION_KEY' })
  @ApiResponses(
    {
      description: 'Numbers of projects and channels whose secrets were encrypted, and the failures',
      schema: resealResult,
    },
    [409, 503],
  )
  async reseal(@Req() request: FastifyRequest): Promise<ResealResult> {
    const store = this.requireStore();
    return this.audit.around(request, { action: 'reseal_secrets', target: 'all projects' }, () =>
      resealAll(store, this.webhooks.store, this.channels),
    );
  }

  @Get('integrations/:projectId')
  @ApiOperation({ summary: 'Show an integration' })
  @ApiResponses({ description: 'The integration', schema: integrationView }, [404, 503])
  async show(@Param('projectId') projectId: string): Promise<IntegrationView> {
    const found = await this.integrations.find(projectId);
    if (found === undefined) throw new NotFoundException(`Project "${projectId}" has no integration.`);
    return found;
  }

  @Get('integrations/:projectId/filtered-events')
  @ApiOperation({ summary: 'Count the events that were filtered out, by reason and filter' })
  @ApiResponses({ description: 'The counts; empty if the project is unknown', schema: filteredEvents })
  filtered(@Param('projectId') projectId: string): FilteredEvents {
    return this.integrations.filteredEvents(projectId);
  }

  @Put('integrations/:projectId')
  @ApiOperation({
    summary: 'Replace the settings of an integration',
    description:
      'A setting that is omitted has its default. A secret that is omitted stays unchanged; null removes it. Without `lookup`, its key is removed.',
  })
  @ApiResponses(
    { description: 'The integration after the change', schema: readyIntegration },
    [400, 404, 409, 503],
  )
  async change(
    @Param('projectId') projectId: string,
    @Body({ schema: changedIntegration }) { version, ...settings }: z.output<typeof changedIntegration>,
    @Req() request: FastifyRequest,
  ): Promise<ReadyIntegration> {
    const { revision, stored } = await this.requireStored(projectId);
    if (version !== undefined && version !== settingsVersion(settingsIn(stored)))
      throw concurrentChange(projectId);
    const changed = draftIntegration(projectId, settings, stored);
    requireSandboxEvents(changed, stored);
    const replaced = [...namedSecretsOf(settings)];
    return this.save(request, 'change_integration', changed, revision, { replaced });
  }

  @Post('integrations/:projectId/secret')
  @HttpCode(200)
  @ApiOperation({ summary: 'Replace the server secret, or the one for sandbox events' })
  @ApiResponses(
    { description: 'The integration after the change', schema: readyIntegration },
    [400, 404, 409, 503],
  )
  async rotate(
    @Param('projectId') projectId: string,
    @Body({ schema: newSecret }) secrets: z.output<typeof newSecret>,
    @Req() request: FastifyRequest,
  ): Promise<ReadyIntegration> {
    const { revision, stored } = await this.requireStored(projectId);
    const named = namedSecretsOf(secrets);
    const sealed = stored.kind === 'unreadable' ? stored.sealed : undefined;
    const hasOthers = [...secretsOf(sealed).keys()].some((field) => !named.has(field));
    const integration = sealed !== undefined && !hasOthers ? sealed : requireReadable(projectId, stored);
    const rotated = { ...integration, ...secrets };
    requireSandboxEvents(rotated, stored);
    return this.save(request, 'rotate_secret', rotated, revision, { replaced: [...named] });
  }

  @Post('integrations/:projectId/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pause an integration: its events wait in Kafka until it is resumed' })
  @ApiResponses(
    { description: 'The integration after the change', schema: readyIntegration },
    [404, 409, 503],
  )
  async pause(
    @Param('projectId') projectId: string,
    @Req() request: FastifyRequest,
  ): Promise<ReadyIntegration> {
    const { revision, stored } = await this.requireStored(projectId);
    const integration = { ...requireReadable(projectId, stored), enabled: false };
    return this.save(request, 'pause_integration', integration, revision);
  }

  @Post('integrations/:projectId/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Resume an integration: deliver its waiting events, and then new ones' })
  @ApiResponses(
    { description: 'The integration after the change', schema: readyIntegration },
    [404, 409, 503],
  )
  async resume(
    @Param('projectId') projectId: string,
    @Req() request: FastifyRequest,
  ): Promise<ReadyIntegration> {
    const { revision, stored } = await this.requireStored(projectId);
    const integration = { ...requireReadable(projectId, stored), enabled: true };
    return this.save(request, 'resume_integration', integration, revision);
  }

  @Delete('integrations/:projectId')
  @HttpCode(204)
  @ApiOperation({
    summary:
      'Remove an integration, its secrets and the credentials of its webhook endpoint; its undelivered events stay in Kafka until their retention ends',
  })
  @ApiResponses({ status: 204, description: 'Removed' }, [404, 409, 503])
  async remove(@Param('projectId') projectId: string, @Req() request: FastifyRequest): Promise<void> {
    const store = this.requireStore();
    await this.requireStored(projectId);
    await this.audit.around(request, { action: 'remove_integration', target: projectId }, async () => {
      await store.remove(projectId);
      await this.webhooks.store?.remove(projectId);
    });
  }

  /** An integration that is added again keeps the partitions of its topic, which determine the order of events. */
  private async choosePartitions({ projectId, partitions }: NewIntegration): Promise<number> {
    const existing = (await this.projects.partitions()).get(projectId);
    if (existing === undefined) return partitions ?? this.config.TOPIC_PARTITIONS;
    if (partitions === undefined || partitions === existing) return existing;
    throw new ConflictException(
      `The deliveries topic of project "${projectId}" already has ${existing} partitions: omit partitions, or set it to ${existing}.`,
    );
  }

  private async save(
    request: FastifyRequest,
    action: string,
    integration: Integration,
    revision: string,
    detail: Record<string, unknown> = {},
  ): Promise<ReadyIntegration> {
    const store = this.requireStore();
    const { projectId } = integration;
    const saved = await this.audit.around(
      request,
      { action, target: projectId, detail: { ...shownSettings(integration), ...detail } },
      () =>
        store.save(integration, revision).catch((error: unknown) => {
          throw error instanceof IntegrationChangedError ? concurrentChange(projectId) : error;
        }),
    );
    return this.integrations.show(saved);
  }

  private async requireStored(projectId: string): Promise<{ revision: string; stored: StoredIntegration }> {
    const revision = await this.requireStore().revision(projectId);
    const stored = await this.integrations.findStored(projectId);
    if (stored !== undefined) return { revision, stored };
    if (this.integrations.isInEnvironment(projectId)) {
      throw new ConflictException(
        `The integration of "${projectId}" is set in the environment of the apps (STATSIG_…). Change it there, or add one here for the same project, which takes precedence.`,
      );
    }
    throw new NotFoundException(`Project "${projectId}" has no integration.`);
  }

  private requireStore(): IntegrationStore {
    if (this.integrations.store !== undefined) return this.integrations.store;
    throw missingEncryptionKey('Integrations cannot be stored without a key to encrypt their secrets.');
  }
}

function concurrentChange(projectId: string): ConflictException {
  return changedBySomeoneElse(`The integration of "${projectId}"`);
}

/** Throws if there is no stored server secret that can be used. */
function requireSecret(projectId: string | undefined, stored: StoredIntegration | undefined): void {
  if (projectId === undefined || stored === undefined)
    throw new BadRequestException('Paste the server secret first.');
  requireReadable(projectId, stored);
}

function requireReadable(projectId: string, stored: StoredIntegration): Integration {
  if (stored.kind === 'ready') return stored.integration;
  throw new ConflictException(
    `The integration of "${projectId}" cannot be read. ${stored.detail} Enter its settings and secrets again.`,
  );
}
