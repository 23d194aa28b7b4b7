import { Readable } from 'node:stream';
import { headerNames, RecordProducer, type TopicNames } from '@app/kafka';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Inject,
  type MessageEvent,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { type Observable } from 'rxjs';
import { z } from 'zod';
import { AuditLog } from '../audit/audit-log';
import { Answers, RefusesStrangers } from '../http/answers';
import { pageQuery } from '../http/page-query';
import { eventOutcomes } from '../read-model/outcome';
import { ReadModel } from '../read-model/read-model';
import { KAFKA_TOPICS } from '../tokens';
import { EventDetails } from './event-details';
import { type EventFacets, eventFacets } from './event-facets';
import { EventList } from './event-list';
import {
  type EventDetail,
  eventDetail,
  type EventPage,
  eventPage,
  exportedEvent,
  liveEvents,
  type SentAgain,
  sentAgain,
} from './event-view';
import { exportEvents } from './export-events';
import { liveTail } from './live-tail';

const commaSeparated = z.string().transform((text) => text.split(',').filter((item) => item !== ''));

const eventFilter = z.object({
  project: z.string().optional(),
  types: commaSeparated.optional().meta({ description: 'Comma-separated' }),
  environment: z.string().optional(),
  outcomes: commaSeparated
    .pipe(z.array(z.enum(eventOutcomes)))
    .optional()
    .meta({ description: `Comma-separated, of ${eventOutcomes.join(', ')}` }),
  customer: z.string().optional().meta({ description: 'Any id of the customer, in full' }),
});

const sendAgainInput = z.strictObject({
  /** Under an id of its own, so that Statsig counts it once more. */
  evenIfDelivered: z.boolean().default(false),
});

const eventsQuery = eventFilter.extend(pageQuery.shape);

@ApiTags('events')
@RefusesStrangers()
@Controller('api/events')
export class EventsController {
  constructor(
    private readonly list: EventList,
    private readonly details: EventDetails,
    private readonly model: ReadModel,
    private readonly producer: RecordProducer,
    private readonly audit: AuditLog,
    @Inject(KAFKA_TOPICS) private readonly topics: TopicNames,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Events, newest first' })
  @Answers({ description: 'A page of events', schema: eventPage }, [400])
  page(
    @Query({ schema: eventsQuery }) { cursor, limit, ...filter }: z.output<typeof eventsQuery>,
  ): EventPage {
    return this.list.page(filter, cursor, limit);
  }

  @Get('facets')
  @ApiOperation({ summary: 'What events can be filtered by' })
  @Answers({ description: 'What there is', schema: eventFacets })
  facets(): EventFacets {
    const kinds = this.model.kinds.all();
    const values = (of: (kind: (typeof kinds)[number]) => string): string[] =>
      [...new Set(kinds.map(of))].filter((value) => value !== '').sort();
    return {
      projects: values(({ project }) => project),
      types: values(({ type }) => type),
      environments: values(({ environment }) => environment),
    };
  }

  @Sse('stream')
  @ApiOperation({ summary: 'Events as they arrive and as their standing changes (server-sent events)' })
  @Answers(
    {
      description: 'The schema is that of the data of a message “events”; “beat” has none',
      schema: liveEvents,
      mediaType: 'text/event-stream',
    },
    [400],
  )
  stream(@Query({ schema: eventFilter }) filter: z.output<typeof eventFilter>): Observable<MessageEvent> {
    return liveTail(this.model, this.list, filter);
  }

  @Get('export')
  @ApiOperation({ summary: 'All events that pass the filter, as NDJSON' })
  @Answers(
    {
      description: 'Newest first; the schema is that of one line',
      schema: exportedEvent,
      mediaType: 'application/x-ndjson',
    },
    [400],
  )
  export(@Query({ schema: eventFilter }) filter: z.output<typeof eventFilter>): StreamableFile {
    return new StreamableFile(Readable.from(exportEvents(this.list, this.details, filter)), {
      type: 'application/x-ndjson',
      disposition: 'attachment; filename="events.ndjson"',
    });
  }

  @Get(':project/:eventId')
  @ApiOperation({ summary: 'All that is known of one event' })
  @Answers({ description: 'The event', schema: eventDetail }, [404])
  show(@Param('project') project: string, @Param('eventId') eventId: string): EventDetail {
    const detail = this.details.find(project, eventId);
    if (detail === undefined) throw new NotFoundException('This event is not known, or no longer kept.');
    return detail;
  }

  @Post(':project/:eventId/send-again')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Produce the event as it was received once more',
    description:
      'It is mapped again with what is known now. Statsig gets it unless it has taken it before, or you want it to count once more.',
  })
  @Answers({ status: 202, description: 'Kafka has it', schema: sentAgain }, [400, 409, 503])
  async sendAgain(
    @Param('project') project: string,
    @Param('eventId') eventId: string,
    @Body({ schema: sendAgainInput }) { evenIfDelivered }: z.output<typeof sendAgainInput>,
    @Req() request: FastifyRequest,
  ): Promise<SentAgain> {
    const original = this.details.original(project, eventId);
    if (original === undefined) {
      throw new ConflictException(
        'The event as it was received is no longer kept, so it cannot be sent again.',
      );
    }
    const atMs = Date.now();
    await this.audit.around(request, { action: 'send_again', target: `${project}/${eventId}` }, () =>
      this.producer.send([
        {
          topic: this.topics.events,
          key: original.key === null ? null : Buffer.from(original.key),
          value: Buffer.from(original.value),
          headers: {
            ...withoutDetours(original.headers),
            [headerNames.projectId]: project,
            [headerNames.source]: 'replay',
            // Latency is measured from here: the waiting before was a person's.
            [headerNames.receivedAtMs]: String(atMs),
            ...(evenIfDelivered && { [headerNames.replay]: atMs.toString(36) }),
          },
        },
      ]),
    );
    return { atMs };
  }
}

/** A copy that is sent again is neither the one that was taken out of a dead-letter topic nor part of an earlier replay. */
function withoutDetours(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== headerNames.redriveOf && name !== headerNames.replay),
  );
}
