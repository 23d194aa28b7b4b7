import {
  authorizationSchema,
  generateAuthorization,
  signingSecretSchema,
  type WebhookCredentialKind,
  type WebhookCredentials,
  type WebhookCredentialsStore,
  withNewest,
  withoutNewest,
  withoutPrevious,
} from '@app/integrations';
import {
  Body,
  ConflictException,
  Controller,
  Delete,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Req,
} from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type NewAuthorizationView,
  newAuthorizationView,
  type WebhookView,
  webhookView,
} from '../../api/webhooks';
import { AuditLog } from '../audit/audit-log';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { missingEncryptionKey } from '../http/conflicts';
import { IntegrationDirectory } from './integration-directory';
import { WebhookEndpoints } from './webhook-endpoints';

const newAuthorization = z.strictObject({
  authorization: authorizationSchema.optional().meta({ description: 'If omitted, a value is generated' }),
});

const newSigningSecret = z.strictObject({ signingSecret: signingSecretSchema });

/** The value to retire, if two are valid. */
const valueToRetire = z.enum(['previous', 'newest']);

type ValueToRetire = z.output<typeof valueToRetire>;
type Change = (current: WebhookCredentials | undefined) => WebhookCredentials;

/** Credentials of a project's webhook endpoint. Authorization values and signing secrets are replaced in two steps. */
@ApiTags('integrations')
@RequiresSignIn()
@Controller('api/integrations/:projectId/webhook')
export class WebhookCredentialsController {
  constructor(
    private readonly integrations: IntegrationDirectory,
    private readonly webhooks: WebhookEndpoints,
    private readonly audit: AuditLog,
  ) {}

  @Post('authorization')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Replace the Authorization value; the previous one stays valid until it is retired',
  })
  @ApiResponses(
    { description: 'The new value, and the endpoint after the change', schema: newAuthorizationView },
    [400, 404, 409, 503],
  )
  async replaceAuthorization(
    @Param('projectId') projectId: string,
    @Body({ schema: newAuthorization }) input: z.output<typeof newAuthorization>,
    @Req() request: FastifyRequest,
  ): Promise<NewAuthorizationView> {
    const authorization = input.authorization ?? generateAuthorization();
    const webhook = await this.change(
      request,
      projectId,
      { action: 'replace_webhook_authorization', isGenerated: input.authorization === undefined },
      (current) => withReplacement(current, 'authorizations', authorization),
    );
    return { authorization, webhook };
  }

  @Delete('authorization/:which')
  @ApiOperation({ summary: 'Retire one of two valid Authorization values' })
  @ApiParam({ name: 'which', enum: valueToRetire.options })
  @ApiResponses({ description: 'The endpoint after the change', schema: webhookView }, [400, 404, 409, 503])
  retireAuthorization(
    @Param('projectId') projectId: string,
    @Param('which', { schema: valueToRetire }) which: ValueToRetire,
    @Req() request: FastifyRequest,
  ): Promise<WebhookView> {
    return this.change(request, projectId, { action: 'retire_webhook_authorization', which }, (current) =>
      withoutRetired(current, 'authorizations', which),
    );
  }

  @Post('signing-secret')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Set or replace the signing secret; the previous one stays valid until it is retired',
  })
  @ApiResponses({ description: 'The endpoint after the change', schema: webhookView }, [400, 404, 409, 503])
  replaceSigningSecret(
    @Param('projectId') projectId: string,
    @Body({ schema: newSigningSecret }) { signingSecret }: z.output<typeof newSigningSecret>,
    @Req() request: FastifyRequest,
  ): Promise<WebhookView> {
    return this.change(request, projectId, { action: 'replace_webhook_signing_secret' }, (current) =>
      withReplacement(current, 'signingSecrets', signingSecret),
    );
  }

  @Delete('signing-secret/:which')
  @ApiOperation({ summary: 'Retire one of two valid signing secrets' })
  @ApiParam({ name: 'which', enum: valueToRetire.options })
  @ApiResponses({ description: 'The endpoint after the change', schema: webhookView }, [400, 404, 409, 503])
  retireSigningSecret(
    @Param('projectId') projectId: string,
    @Param('which', { schema: valueToRetire }) which: ValueToRetire,
    @Req() request: FastifyRequest,
  ): Promise<WebhookView> {
    return this.change(request, projectId, { action: 'retire_webhook_signing_secret', which }, (current) =>
      withoutRetired(current, 'signingSecrets', which),
    );
  }

  @Delete('signing-secret')
  @ApiOperation({ summary: 'Remove the signing secrets, and accept webhooks without a signature' })
  @ApiResponses({ description: 'The endpoint after the change', schema: webhookView }, [404, 409, 503])
  removeSigning(@Param('projectId') projectId: string, @Req() request: FastifyRequest): Promise<WebhookView> {
    return this.change(request, projectId, { action: 'remove_webhook_signing' }, (current) => {
      const credentials = requireCredentials(current);
      if (credentials.authorizations.length > 0) return { ...credentials, signingSecrets: [] };
      throw new ConflictException(
        'Without a signature and an Authorization value, anyone could send events: add an Authorization value first.',
      );
    });
  }

  private async change(
    request: FastifyRequest,
    projectId: string,
    { action, ...detail }: { action: string } & Record<string, unknown>,
    change: Change,
  ): Promise<WebhookView> {
    const store = await this.requireStore(projectId);
    const changed = await this.audit.around(request, { action, target: projectId, detail }, () =>
      store.change(projectId, change),
    );
    return this.webhooks.viewOf(projectId, changed);
  }

  private async requireStore(projectId: string): Promise<WebhookCredentialsStore> {
    const integration = await this.integrations.find(projectId);
    if (integration === undefined) throw new NotFoundException(`Project "${projectId}" has no integration.`);
    if (integration.webhook.origin === 'environment') {
      throw new ConflictException(
        `The webhook credentials of "${projectId}" are set in the environment of the apps (WEBHOOK_…). Change them there: WEBHOOK_PREVIOUS_AUTHORIZATION and WEBHOOK_PREVIOUS_SIGNING_SECRET keep the previous values valid.`,
      );
    }
    if (this.webhooks.store !== undefined) return this.webhooks.store;
    throw missingEncryptionKey('Credentials cannot be stored without a key to encrypt them.');
  }
}

const labels: Record<WebhookCredentialKind, string> = {
  authorizations: 'Authorization values',
  signingSecrets: 'signing secrets',
};

function withReplacement(
  current: WebhookCredentials | undefined,
  kind: WebhookCredentialKind,
  value: string,
): WebhookCredentials {
  // A third value would invalidate the oldest, which may be the one that RevenueCat sends.
  if ((current?.[kind].length ?? 0) > 1) {
    throw new ConflictException(
      `Two ${labels[kind]} are valid. First retire the one that RevenueCat does not send, the previous or the newest.`,
    );
  }
  return withNewest(current ?? { authorizations: [], signingSecrets: [] }, kind, value);
}

function withoutRetired(
  current: WebhookCredentials | undefined,
  kind: WebhookCredentialKind,
  which: ValueToRetire,
): WebhookCredentials {
  const credentials = requireCredentials(current);
  if (credentials[kind].length < 2) {
    throw new ConflictException(`Nothing to retire: fewer than two ${labels[kind]} are valid.`);
  }
  return which === 'previous' ? withoutPrevious(credentials, kind) : withoutNewest(credentials, kind);
}

function requireCredentials(current: WebhookCredentials | undefined): WebhookCredentials {
  if (current !== undefined) return current;
  throw new ConflictException('The webhook endpoint has no readable credentials: create new ones.');
}
