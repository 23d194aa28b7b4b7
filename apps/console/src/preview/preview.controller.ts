import { peekProfiles } from '@app/identity';
import { type Integration } from '@app/integrations';
import { REDIS, type RedisClient } from '@app/platform';
import { StatsigClient } from '@app/statsig';
import { Body, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { preview, type Preview } from '../../api/preview';
import { settingExamples, type SettingExamples } from '../../api/setting-examples';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { withinDeadline } from '../http/deadline';
import { draftIntegration } from '../integrations/draft-integration';
import {
  IntegrationDirectory,
  settingsIn,
  type StoredIntegration,
} from '../integrations/integration-directory';
import { candidatesFor } from './example-candidates';
import { examplesOf } from './examples-of';
import { type FindProfiles, type PreviewedEvent } from './known-event';
import { parsePasted } from './pasted-event';
import { previewEvent } from './preview-event';
import { PreviewEvents } from './preview-events';
import { type ExamplesInput, examplesInput, type PreviewInput, previewInput } from './preview-input';

/** Not a secret: stands for each server secret, because nothing is sent with it. */
const unusedSecret = 'not-needed';

@ApiTags('integrations')
@RequiresSignIn()
@Controller('api')
export class PreviewController {
  constructor(
    private readonly integrations: IntegrationDirectory,
    private readonly events: PreviewEvents,
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

  @Post('previews/examples')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Show what each choice of a setting makes of one of the last events',
    description:
      'For each setting, an event for which its choices have different results, if one of the last events of the project is such an event; otherwise a sample. Nothing is sent or stored.',
  })
  @ApiResponses({ description: 'An example of each setting', schema: settingExamples }, [400, 503])
  async examples(@Body({ schema: examplesInput }) input: ExamplesInput): Promise<SettingExamples> {
    return withinDeadline('Redis', this.examplesWith(input, Date.now()));
  }

  private async mapWithBoth(input: PreviewInput, event: PreviewedEvent, nowMs: number): Promise<Preview> {
    const stored = await this.integrations.findCurrent(input.projectId);
    const settings = {
      draft: draftOf(input, stored),
      saved: stored?.kind === 'ready' ? stored.integration : undefined,
    };
    const { findProfiles, statsig } = this;
    return previewEvent(event, settings, { findProfiles, statsig, nowMs });
  }

  private async examplesWith(input: ExamplesInput, nowMs: number): Promise<SettingExamples> {
    const { projectId } = input;
    const draft = draftOf(input, await this.integrations.findCurrent(projectId));
    const ofProject = this.events.latest(projectId, nowMs);
    const events = ofProject.length > 0 ? ofProject : this.events.latest(undefined, nowMs);
    return examplesOf(draft, await candidatesFor(draft, events, this.findProfiles));
  }

  private readonly findProfiles: FindProfiles = (project, observations) =>
    peekProfiles(this.redis, project, observations);

  private eventOf({ projectId, event }: PreviewInput, nowMs: number): PreviewedEvent {
    if ('json' in event) {
      return { envelope: parsePasted(event.json), project: projectId, receivedAtMs: nowMs };
    }
    const found = this.events.find(event.project, event.id, nowMs);
    if (found !== undefined) return found;
    throw new NotFoundException('This event does not exist, or is no longer stored as received.');
  }
}

function draftOf(
  { projectId, settings: { hasSandboxSecret, ...settings } }: ExamplesInput,
  stored: StoredIntegration | undefined,
): Integration {
  const isSandboxSecretUsed = hasSandboxSecret ?? settingsIn(stored)?.sandboxServerSecret !== undefined;
  const secrets = {
    serverSecret: unusedSecret,
    sandboxServerSecret: isSandboxSecretUsed ? unusedSecret : null,
    lookup: null,
  };
  return draftIntegration(projectId, { ...settings, ...secrets }, stored, ['settings']);
}
