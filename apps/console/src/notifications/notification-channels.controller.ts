import { randomUUID } from 'node:crypto';
import { InvalidRequestException } from '@app/platform';
import {
  Body,
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
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
  type ChannelTestResult,
  channelTestResult,
  type ChannelView,
  channelView,
  type ChannelWithSecret,
  channelWithSecret,
} from '../../api/notifications';
import { AuditLog } from '../audit/audit-log';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { changedBySomeoneElse, missingEncryptionKey } from '../http/conflicts';
import { type Channel, generateSecret } from './channel';
import { type ChangedChannel, changedChannel, type NewChannel, newChannel } from './channel-input';
import { ChannelChangedError, type ChannelStore, type StoredChannel } from './channel-store';
import { channelUrlProblem } from './channel-url';
import { viewOf } from './channel-view';
import { testNotification } from './notification';
import { NotificationChannels } from './notification-channels';

type Entry = Parameters<AuditLog['around']>[1];

@ApiTags('notifications')
@RequiresSignIn()
@Controller('api/notification-channels')
export class NotificationChannelsController {
  constructor(
    private readonly notifications: NotificationChannels,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the notification channels, and what happened to their messages' })
  @ApiResponses({ description: 'The channels, sorted by name', schema: z.array(channelView) }, [503])
  async list(): Promise<ChannelView[]> {
    const channels = (await this.notifications.store?.list()) ?? [];
    return Promise.all(channels.map((channel) => this.show(channel)));
  }

  @Post()
  @ApiOperation({ summary: 'Add a notification channel' })
  @ApiResponses({ status: 201, description: 'Added', schema: channelWithSecret }, [400, 409, 503])
  async add(
    @Body({ schema: newChannel }) input: NewChannel,
    @Req() request: FastifyRequest,
  ): Promise<ChannelWithSecret> {
    const store = this.requireStore();
    this.requirePermitted(input.url);
    const { kind, ...settings } = input;
    const id = randomUUID();
    const channel: Channel =
      kind === 'slack' ? { id, kind, ...settings } : { id, kind, ...settings, secret: generateSecret() };
    const added = await this.audit.around(request, entryOf('add_notification_channel', channel), () =>
      store.add(channel),
    );
    return { ...(await this.show(added)), secret: channel.kind === 'webhook' ? channel.secret : null };
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change a notification channel; a URL that is omitted stays unchanged' })
  @ApiResponses({ description: 'The channel after the change', schema: channelView }, [400, 404, 409, 503])
  async change(
    @Param('id') id: string,
    @Body({ schema: changedChannel }) { version, url, ...settings }: ChangedChannel,
    @Req() request: FastifyRequest,
  ): Promise<ChannelView> {
    const { store, channel } = await this.requireReadable(id);
    if (url !== undefined) this.requirePermitted(url);
    const changed = { ...channel, ...settings, ...(url !== undefined && { url }) };
    const entry = entryOf('change_notification_channel', changed, {
      replaced: url === undefined ? [] : ['url'],
    });
    return this.show(await this.audit.around(request, entry, () => save(store, changed, version)));
  }

  @Post(':id/secret')
  @HttpCode(200)
  @ApiOperation({ summary: 'Generate another key for the signatures; the previous one is no longer used' })
  @ApiResponses({ description: 'The channel with the new key', schema: channelWithSecret }, [404, 409, 503])
  async rotate(@Param('id') id: string, @Req() request: FastifyRequest): Promise<ChannelWithSecret> {
    const { store, channel, version } = await this.requireReadable(id);
    if (channel.kind !== 'webhook')
      throw new ConflictException(
        'Messages to Slack have no signature, and so no key that could be replaced.',
      );
    const secret = generateSecret();
    const changed = await this.audit.around(request, entryOf('rotate_notification_secret', channel), () =>
      save(store, { ...channel, secret }, version),
    );
    return { ...(await this.show(changed)), secret };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a notification channel and the messages that wait to be sent' })
  @ApiResponses({ status: 204, description: 'Removed' }, [404, 409, 503])
  async remove(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    const store = this.requireStore();
    const { sealed } = await this.requireStored(store, id);
    await this.audit.around(request, entryOf('remove_notification_channel', sealed), () => store.remove(id));
  }

  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send a test message, and return the response' })
  @ApiResponses(
    { description: 'The response, whether the message was accepted or not', schema: channelTestResult },
    [404, 409, 503],
  )
  async test(@Param('id') id: string, @Req() request: FastifyRequest): Promise<ChannelTestResult> {
    const { channel } = await this.requireReadable(id);
    const message = testNotification(randomUUID(), channel.projectId, Date.now());
    const result = await this.audit.around(request, entryOf('test_notification_channel', channel), () =>
      this.notifications.sender.send(channel, message),
    );
    return result.kind === 'sent'
      ? { isAccepted: true, status: result.status, detail: `The receiver responded with ${result.status}.` }
      : { isAccepted: false, status: result.status, detail: result.detail };
  }

  private async show(channel: StoredChannel): Promise<ChannelView> {
    return viewOf(channel, await this.notifications.queue.deliveryOf(channel.sealed.id));
  }

  private requirePermitted(url: string): void {
    const problem = channelUrlProblem(url, this.notifications.allowsLoopback);
    if (problem !== undefined) throw new InvalidRequestException([{ path: ['url'], message: problem }]);
  }

  private async requireReadable(id: string) {
    const store = this.requireStore();
    const { opened, version } = await this.requireStored(store, id);
    if (opened.kind === 'unreadable') throw new ConflictException(opened.detail);
    return { store, channel: opened.channel, version };
  }

  private async requireStored(store: ChannelStore, id: string): Promise<StoredChannel> {
    const found = await store.find(id);
    if (found === undefined) throw new NotFoundException('The notification channel does not exist.');
    return found;
  }

  private requireStore(): ChannelStore {
    if (this.notifications.store !== undefined) return this.notifications.store;
    throw missingEncryptionKey('Notification channels cannot be stored without a key to encrypt their URLs.');
  }
}

function save(store: ChannelStore, channel: Channel, version: string): Promise<StoredChannel> {
  return store.change(channel, version).catch((error: unknown) => {
    throw error instanceof ChannelChangedError
      ? changedBySomeoneElse(`The channel "${channel.name}"`)
      : error;
  });
}

/** The audit record, without the URL and the secret. */
function entryOf(action: string, channel: Channel, detail: Record<string, unknown> = {}): Entry {
  const { id, kind, name, projectId, subjects } = channel;
  return { action, target: id, detail: { kind, name, projectId, subjects, ...detail } };
}
