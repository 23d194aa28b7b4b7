import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import {
  type WebhookChange,
  webhookChange,
  type WebhookCheck,
  webhookCheck,
} from '../../api/revenuecat-webhooks';
import { AuditLog } from '../audit/audit-log';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { WebhookEndpoints } from '../integrations/webhook-endpoints';
import { WebhookSetup } from './webhook-setup';

const afterChange = { description: 'The webhooks after the change', schema: webhookCheck };

/** The webhooks of a project in RevenueCat. */
@ApiTags('integrations')
@RequiresSignIn()
@Controller('api/integrations/:projectId/revenuecat-webhooks')
export class RevenueCatWebhooksController {
  constructor(
    private readonly setup: WebhookSetup,
    private readonly endpoints: WebhookEndpoints,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the webhooks of the project in RevenueCat, and what is wrong with ours' })
  @ApiResponses({ description: 'The webhooks, or why they were not read', schema: webhookCheck }, [503])
  check(@Param('projectId') projectId: string): Promise<WebhookCheck> {
    return this.setup.check(projectId);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Create our webhook in RevenueCat, and an Authorization value if the endpoint has no credentials',
  })
  @ApiResponses(afterChange, [400, 404, 409, 503])
  async create(
    @Param('projectId') projectId: string,
    @Body({ schema: webhookChange }) change: WebhookChange,
    @Req() request: FastifyRequest,
  ): Promise<WebhookCheck> {
    const { origin } = await this.endpoints.show(projectId);
    const entry = { action: 'create_revenuecat_webhook', target: projectId };
    const detail = { createsCredentials: origin === 'none', ...change };
    return this.audit.around(request, { ...entry, detail }, () => this.setup.create(projectId, change));
  }

  @Post(':webhookId')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Set a webhook of ours in RevenueCat to an environment, all event types, and the newest Authorization value',
  })
  @ApiResponses(afterChange, [400, 404, 409, 503])
  update(
    @Param('projectId') projectId: string,
    @Param('webhookId') webhookId: string,
    @Body({ schema: webhookChange }) change: WebhookChange,
    @Req() request: FastifyRequest,
  ): Promise<WebhookCheck> {
    const detail = { webhookId, ...change };
    const entry = { action: 'update_revenuecat_webhook', target: projectId, detail };
    return this.audit.around(request, entry, () => this.setup.update(projectId, webhookId, change));
  }

  @Delete(':webhookId')
  @ApiOperation({ summary: 'Delete a webhook of ours in RevenueCat that is not the only one' })
  @ApiResponses(afterChange, [404, 409, 503])
  delete(
    @Param('projectId') projectId: string,
    @Param('webhookId') webhookId: string,
    @Req() request: FastifyRequest,
  ): Promise<WebhookCheck> {
    const entry = { action: 'delete_revenuecat_webhook', target: projectId, detail: { webhookId } };
    return this.audit.around(request, entry, () => this.setup.delete(projectId, webhookId));
  }
}
