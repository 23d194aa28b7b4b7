import { peekProfiles } from '@app/identity';
import { headerNames } from '@app/kafka';
import { receivedAtMsOf } from '@app/mapping';
import { REDIS, type RedisClient } from '@app/platform';
import { parseEnvelope } from '@app/revenuecat';
import { StatsigClient } from '@app/statsig';
import { Body, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { preview, type Preview } from '../../api/preview';
import { EventDetails } from '../events/event-details';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { withinDeadline } from '../http/deadline';
import { draftIntegration } from '../integrations/draft-integration';
import { IntegrationDirectory } from '../integrations/integration-directory';
import { type PreviewedEvent } from './known-event';
import { parsePasted } from './pasted-event';
import { previewEvent } from './preview-event';
import { type PreviewInput, previewInput } from './preview-input';

/** Not a secret: nothing is sent with it. */
const withoutSecrets = { serverSecret: 'not-needed', sandboxServerSecret: null, lookup: null };

@ApiTags('integrations')
@RequiresSignIn()
@Controller('api')
export class PreviewController {
  constructor(
    private readonly integrations: IntegrationDirectory,
    private readonly events: EventDetails,
    private readonly statsig: StatsigClient,
    @Inject(REDIS) private readonly redis: RedisClient,
  ) {}

  @Post('previews')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Show what an event would become with changed settings, beside the current ones',
    description:
      'The event is mapped with what is known of its customer now. Nothing is sent or stored, and no customer is looked up in RevenueCat.',
  })
  @ApiResponses({ description: 'What would be sent, or why nothing', schema: preview }, [400, 404, 413, 503])
  async preview(@Body({ schema: previewInput }) input: PreviewInput): Promise<Preview> {
    const nowMs = Date.now();
    const event = this.eventOf(input, nowMs);
    return withinDeadline('Redis', this.mapWithBoth(input, event, nowMs));
  }

  private async mapWithBoth(input: PreviewInput, event: PreviewedEvent, nowMs: number): Promise<Preview> {
    const { projectId } = input;
    const stored = await this.integrations.findCurrent(projectId);
    const settings = {
      draft: draftIntegration(projectId, { ...input.settings, ...withoutSecrets }, stored, ['settings']),
      saved: stored?.kind === 'ready' ? stored.integration : undefined,
    };
    return previewEvent(event, settings, {
      findProfiles: (project, observations) => peekProfiles(this.redis, project, observations),
      statsig: this.statsig,
      nowMs,
    });
  }

  private eventOf({ projectId, event }: PreviewInput, nowMs: number): PreviewedEvent {
    if ('json' in event) {
      return { envelope: parsePasted(event.json), project: projectId, receivedAtMs: nowMs };
    }
    const original = this.events.original(event.project, event.id);
    const parsed = original && parseEnvelope(original.value);
    if (original === undefined || parsed?.kind !== 'envelope') {
      throw new NotFoundException('This event does not exist, or is no longer stored as received.');
    }
    const { headers, atMs } = original;
    const replay = headers[headerNames.replay];
    return {
      envelope: parsed.envelope,
      project: event.project,
      receivedAtMs: receivedAtMsOf(headers[headerNames.receivedAtMs], atMs, nowMs),
      ...(replay !== undefined && { replay }),
    };
  }
}
