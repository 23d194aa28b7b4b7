import { Readable } from 'node:stream';
import { customerHash } from '@app/identity';
import { headerNames, KAFKA_TOPICS, RecordProducer, replayHeaders, type TopicNames } from '@app/kafka';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Inject,
  type MessageEvent,
  NotFoundException,
  Post,
  Query,
  Req,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { EMPTY, type Observable, takeUntil } from 'rxjs';
import { z } from 'zod';
import {
  eventOutcomes,
  type EventDetail,
  eventDetail,
  type EventFacets,
  eventFacets,
  type EventPage,
  eventPage,
  exampleEvents,
  exportedEvent,
  liveEvents,
  type ResendResult,
  resendResult,
} from '../../api/events';
import { AuditLog } from '../audit/audit-log';
import { AccessControl } from '../auth/access-control';
import { Sessions } from '../auth/sessions';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { withinDeadline } from '../http/deadline';
import { pageQuery } from '../http/pagination';
import { ReadModel } from '../read-model/read-model';
import { EventDetails } from './event-details';
import { EventList } from './event-list';
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
  customer: z.string().optional().meta({ description: 'Any complete id of the customer' }),
});

/** Query parameters, because an id can be any text, and `..` in a path would be resolved. */
const eventQuery = z.object({ project: z.string().min(1), id: z.string().min(1) });

const examplesQuery = eventFilter.pick({ project: true });

const resendInput = z.strictObject({
  ...eventQuery.shape,
  /** Sends the event under a new id, so that Statsig counts it once more. */
  evenIfDelivered: z.boolean().default(false),
});

const eventsQuery = eventFilter.extend(pageQuery.shape);

@ApiTags('events')
@RequiresSignIn()
@Controller('api')
export class EventsController {
  constructor(
    private readonly list: EventList,
    private readonly details: EventDetails,
    private readonly model: ReadModel,
    private readonly producer: RecordProducer,
    private readonly audit: AuditLog,
    private readonly access: AccessControl,
    private readonly sessions: Sessions,
    @Inject(KAFKA_TOPICS) private readonly topics: TopicNames,
  ) {}

  @Get('events')
  @ApiOperation({ summary: 'List events, newest first' })
  @ApiResponses({ description: 'A page of events', schema: eventPage }, [400])
  page(
    @Query({ schema: eventsQuery }) { cursor, limit, ...filter }: z.output<typeof eventsQuery>,
  ): EventPage {
    return this.list.page(filter, cursor, limit);
  }

  @Get('events/facets')
  @ApiOperation({ summary: 'List the values that events can be filtered by' })
  @ApiResponses({ description: 'The values that occur', schema: eventFacets })
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

  @Get('events/examples')
  @ApiOperation({ summary: 'List the newest event of each type, as examples for settings' })
  @ApiResponses({ description: 'The events, newest first', schema: exampleEvents })
  examples(
    @Query({ schema: examplesQuery }) { project }: z.output<typeof examplesQuery>,
  ): z.output<typeof exampleEvents> {
    return this.list.newestOfEachType(project);
  }

  @Sse('events/stream')
  @ApiOperation({
    summary:
      'Stream events as they arrive and as their outcomes change (server-sent events), until the session ends',
  })
  @ApiResponses(
    {
      description:
        'Messages of type `events`, whose data has this schema, and of type `beat`, which have no data',
      schema: liveEvents,
      mediaType: 'text/event-stream',
    },
    [400],
  )
  stream(
    @Query({ schema: eventFilter }) filter: z.output<typeof eventFilter>,
    @Req() request: FastifyRequest,
  ): Observable<MessageEvent> {
    const access = this.access.of(request);
    if (access.kind !== 'granted') return EMPTY;
    const tail = liveTail(this.model, this.list, filter);
    if (access.session === undefined) return tail;
    return tail.pipe(takeUntil(this.sessions.endOf(access.session, Date.now())));
  }

  @Get('events/export')
  @ApiOperation({ summary: 'Export all events that match the filter, as NDJSON' })
  @ApiResponses(
    {
      description:
        'One event per line, newest first; the schema is that of one line. If the export fails, the response ends without its last chunk',
      schema: exportedEvent,
      mediaType: 'application/x-ndjson',
    },
    [400, 503],
  )
  async export(
    @Query({ schema: eventFilter }) filter: z.output<typeof eventFilter>,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    const { customer, project, ...others } = filter;
    const detail = {
      ...others,
      project,
      // A hash, because the audit log may be retained for longer than the customer's data.
      ...(customer !== undefined && { customerHash: customerHash(project ?? '', customer) }),
    };
    await this.audit.write({
      who: this.access.nameOf(request),
      from: request.ip,
      action: 'export_events',
      target: project ?? 'all projects',
      detail,
    });
    return new StreamableFile(Readable.from(exportEvents(this.list, this.details, filter)), {
      type: 'application/x-ndjson',
      disposition: 'attachment; filename="events.ndjson"',
    });
  }

  @Get('event')
  @ApiOperation({ summary: 'Show an event with its deliveries, attempts and dead letters' })
  @ApiResponses({ description: 'The event', schema: eventDetail }, [400, 404])
  show(@Query({ schema: eventQuery }) { project, id }: z.output<typeof eventQuery>): EventDetail {
    const detail = this.details.find(project, id);
    if (detail === undefined)
      throw new NotFoundException('This event does not exist or is no longer stored.');
    return detail;
  }

  @Post('event/resend')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Resend an event as received',
    description:
      'The event is mapped again, with the current settings and profile. It is not delivered again if Statsig accepted it within the deduplication window, unless `evenIfDelivered` is true: then Statsig counts it once more.',
  })
  @ApiResponses({ status: 202, description: 'The event is in Kafka', schema: resendResult }, [400, 409, 503])
  async resend(
    @Body({ schema: resendInput }) input: z.output<typeof resendInput>,
    @Req() request: FastifyRequest,
  ): Promise<ResendResult> {
    const { project, id, evenIfDelivered } = input;
    const original = this.details.original(project, id);
    if (original === undefined) {
      throw new ConflictException('The event as received is no longer stored, so it cannot be sent again.');
    }
    const atMs = Date.now();
    const record = {
      topic: this.topics.events,
      key: original.key === null ? null : Buffer.from(original.key),
      value: Buffer.from(original.value),
      headers: {
        ...replayHeaders(original.headers, evenIfDelivered ? atMs.toString(36) : undefined),
        [headerNames.projectId]: project,
        // Latency is measured from the resend, not from the first arrival.
        [headerNames.receivedAtMs]: String(atMs),
      },
    };
    const entry = { action: 'resend', target: `${project}/${id}`, detail: { evenIfDelivered } };
    await this.audit.around(request, entry, () => withinDeadline('Kafka', this.producer.send([record])));
    return { atMs };
  }
}
