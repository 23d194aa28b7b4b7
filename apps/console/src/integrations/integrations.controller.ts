import { randomUUID } from 'node:crypto';
import {
  defaultEventTypes,
  sensitiveAttributes,
  type Integration,
  type IntegrationStore,
  integrationSchema,
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
import { AuditLog } from '../audit/audit-log';
import { type ConsoleConfig } from '../console.config';
import { Answers, RefusesStrangers } from '../http/answers';
import { CONSOLE_CONFIG } from '../tokens';
import {
  type IntegrationSettings,
  integrationSettings,
  type NewIntegration,
  newIntegration,
  newSecret,
  type TestEventInput,
  testEventInput,
} from './integration-input';
import { type IntegrationSetup, integrationSetup } from './integration-setup';
import { type IntegrationView, integrationView, withoutSecrets } from './integration-view';
import { replacedSecrets, withSettings } from './kept-secrets';
import { KnownIntegrations } from './known-integrations';
import { ProjectPartitions } from './project-partitions';
import { sendTestEvent } from './test-event';
import { type TestEventResult, testEventResult } from './test-event-view';

@ApiTags('integrations')
@RefusesStrangers()
@Controller('api')
export class IntegrationsController {
  constructor(
    private readonly integrations: KnownIntegrations,
    private readonly projects: ProjectPartitions,
    private readonly statsig: StatsigClient,
    private readonly audit: AuditLog,
    @Inject(CONSOLE_CONFIG) private readonly config: ConsoleConfig,
  ) {}

  @Get('integrations')
  @ApiOperation({ summary: 'All integrations, and how Statsig takes their events' })
  @Answers({ description: 'By project', schema: z.array(integrationView) })
  list(): Promise<IntegrationView[]> {
    return this.integrations.list();
  }

  @Get('setup')
  @ApiOperation({ summary: 'What to paste into RevenueCat, and what can be chosen' })
  @Answers({ description: 'The setup', schema: integrationSetup })
  setup(): IntegrationSetup {
    return {
      webhookUrl: new URL('/v1/webhooks/revenuecat', this.config.INGEST_PUBLIC_URL).toString(),
      authorization: this.config.WEBHOOK_AUTHORIZATION ?? '',
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
  @ApiOperation({ summary: 'Send a test event to Statsig, and answer what Statsig said' })
  @Answers({ description: 'Statsig’s answer, whatever it is', schema: testEventResult }, [400, 503])
  async test(
    @Body({ schema: testEventInput }) input: TestEventInput,
    @Req() request: FastifyRequest,
  ): Promise<TestEventResult> {
    const serverSecret = input.serverSecret ?? (await this.secretOf(input.projectId));
    const target = input.projectId ?? 'new integration';
    return this.audit.around(request, { action: 'send_test_event', target }, () =>
      sendTestEvent({ ...input, serverSecret }, this.statsig, {
        eventId: `test-${randomUUID()}`,
        nowMs: Date.now,
      }),
    );
  }

  @Post('integrations')
  @ApiOperation({ summary: 'Add an integration' })
  @Answers({ status: 201, description: 'Added', schema: integrationView }, [400, 409, 503])
  async add(
    @Body({ schema: newIntegration }) input: NewIntegration,
    @Req() request: FastifyRequest,
  ): Promise<IntegrationView> {
    const store = this.storeOrRefuse();
    if ((await store.get(input.projectId)) !== undefined) {
      throw new ConflictException(
        `Project "${input.projectId}" has an integration already: edit it instead.`,
      );
    }
    const partitions = await this.partitionsOf(input);
    return this.save(request, 'add_integration', { ...input, partitions, enabled: true });
  }

  @Get('integrations/:projectId')
  @ApiOperation({ summary: 'One integration' })
  @Answers({ description: 'The integration', schema: integrationView }, [404])
  async show(@Param('projectId') projectId: string): Promise<IntegrationView> {
    const found = await this.integrations.find(projectId);
    if (found === undefined) throw new NotFoundException(`Project "${projectId}" has no integration.`);
    return found;
  }

  @Put('integrations/:projectId')
  @ApiOperation({ summary: 'Change the settings of an integration; its server secret stays' })
  @Answers({ description: 'As it is now', schema: integrationView }, [400, 404, 409, 503])
  async change(
    @Param('projectId') projectId: string,
    @Body({ schema: integrationSettings }) settings: IntegrationSettings,
    @Req() request: FastifyRequest,
  ): Promise<IntegrationView> {
    const stored = await this.stored(projectId);
    const replaced = replacedSecrets(settings);
    return this.save(request, 'change_integration', withSettings(stored, settings), { replaced });
  }

  @Post('integrations/:projectId/secret')
  @HttpCode(200)
  @ApiOperation({ summary: 'Replace the server secret' })
  @Answers({ description: 'As it is now', schema: integrationView }, [400, 404, 409, 503])
  async rotate(
    @Param('projectId') projectId: string,
    @Body({ schema: newSecret }) { serverSecret }: z.output<typeof newSecret>,
    @Req() request: FastifyRequest,
  ): Promise<IntegrationView> {
    return this.save(request, 'rotate_secret', { ...(await this.stored(projectId)), serverSecret });
  }

  @Post('integrations/:projectId/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Keep the events of an integration in Kafka until it is resumed' })
  @Answers({ description: 'As it is now', schema: integrationView }, [404, 409, 503])
  async pause(
    @Param('projectId') projectId: string,
    @Req() request: FastifyRequest,
  ): Promise<IntegrationView> {
    return this.save(request, 'pause_integration', { ...(await this.stored(projectId)), enabled: false });
  }

  @Post('integrations/:projectId/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send what has waited, and go on' })
  @Answers({ description: 'As it is now', schema: integrationView }, [404, 409, 503])
  async resume(
    @Param('projectId') projectId: string,
    @Req() request: FastifyRequest,
  ): Promise<IntegrationView> {
    return this.save(request, 'resume_integration', { ...(await this.stored(projectId)), enabled: true });
  }

  @Delete('integrations/:projectId')
  @HttpCode(204)
  @ApiOperation({
    summary:
      'Remove an integration and its secret; its undelivered events stay in Kafka until their retention ends',
  })
  @Answers({ status: 204, description: 'Removed' }, [404, 409, 503])
  async remove(@Param('projectId') projectId: string, @Req() request: FastifyRequest): Promise<void> {
    const store = this.storeOrRefuse();
    await this.stored(projectId);
    await this.audit.around(request, { action: 'remove_integration', target: projectId }, () =>
      store.remove(projectId),
    );
  }

  /** An integration that is added again continues with its topic, whose partitions hold its customers' events. */
  private async partitionsOf({ projectId, partitions }: NewIntegration): Promise<number> {
    const existing = (await this.projects.partitions()).get(projectId);
    if (existing === undefined) return partitions ?? this.config.TOPIC_PARTITIONS;
    if (partitions === undefined || partitions === existing) return existing;
    throw new ConflictException(
      `Events of project "${projectId}" are in ${existing} partitions already: leave partitions out, or set ${existing}.`,
    );
  }

  private async save(
    request: FastifyRequest,
    action: string,
    integration: unknown,
    detail: Record<string, unknown> = {},
  ): Promise<IntegrationView> {
    const store = this.storeOrRefuse();
    const parsed = integrationSchema.safeParse(integration);
    if (!parsed.success)
      throw new BadRequestException(
        parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      );
    const { projectId } = parsed.data;
    await this.audit.around(
      request,
      { action, target: projectId, detail: { ...withoutSecrets(parsed.data), ...detail } },
      () => store.save(parsed.data),
    );
    return this.show(projectId);
  }

  private async stored(projectId: string): Promise<Integration> {
    const stored = await this.storeOrRefuse().get(projectId);
    if (stored !== undefined) return stored;
    if ((await this.integrations.find(projectId))?.origin === 'environment') {
      throw new ConflictException(
        `The integration of "${projectId}" is set where the apps are started (STATSIG_…). Change it there, or add one here for the same project: it takes precedence.`,
      );
    }
    throw new NotFoundException(`Project "${projectId}" has no integration.`);
  }

  private async secretOf(projectId: string | undefined): Promise<string> {
    const secret = projectId === undefined ? undefined : await this.integrations.secretOf(projectId);
    if (secret === undefined) throw new BadRequestException('Paste the server secret first.');
    return secret;
  }

  private storeOrRefuse(): IntegrationStore {
    if (this.integrations.store !== undefined) return this.integrations.store;
    throw new ConflictException(
      'Integrations cannot be kept without a key to seal their secrets. Set SETTINGS_ENCRYPTION_KEY, the same for every app.',
    );
  }
}
