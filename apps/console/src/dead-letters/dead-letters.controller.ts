import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type DeadLetterDetail,
  deadLetterDetail,
  type DeadLetterGroup,
  deadLetterGroup,
  type DeadLetterPage,
  deadLetterPage,
  deadLetterSource,
  type Redrive,
  redriveView,
} from '../../api/dead-letters';
import { AuditLog } from '../audit/audit-log';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { pageQuery } from '../http/pagination';
import { DeadLetters } from './dead-letters';
import { Redrives } from './redrives';

const groupQuery = pageQuery.extend({ source: deadLetterSource, stage: z.string(), reason: z.string() });

const redriveSelection = z.union(
  [
    z.strictObject({ id: z.int() }),
    z.strictObject({ source: deadLetterSource, stage: z.string(), reason: z.string() }),
    z.strictObject({ all: z.literal(true) }),
  ],
  'Select dead letters by {id}, by {source, stage, reason}, or by {"all": true}.',
);

@ApiTags('dead letters')
@RequiresSignIn()
@Controller('api')
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly redrives: Redrives,
    private readonly audit: AuditLog,
  ) {}

  @Get('dead-letter-groups')
  @ApiOperation({ summary: 'List open dead letters, grouped by reason' })
  @ApiResponses({ description: 'The groups, latest first', schema: z.array(deadLetterGroup) })
  groups(): DeadLetterGroup[] {
    return this.deadLetters.groups();
  }

  @Get('dead-letters')
  @ApiOperation({ summary: 'List the open dead letters of one group, newest first' })
  @ApiResponses({ description: 'A page of dead letters', schema: deadLetterPage }, [400])
  page(
    @Query({ schema: groupQuery }) { cursor, limit, ...group }: z.output<typeof groupQuery>,
  ): DeadLetterPage {
    return this.deadLetters.page(group, cursor, limit);
  }

  @Get('dead-letters/:id')
  @ApiOperation({ summary: 'Show a dead letter as stored, with its reason' })
  @ApiResponses({ description: 'The dead letter', schema: deadLetterDetail }, [400, 404])
  show(@Param('id', ParseIntPipe) id: number): DeadLetterDetail {
    const found = this.deadLetters.find(id);
    if (found === undefined)
      throw new NotFoundException('This dead letter does not exist or is no longer stored.');
    return found;
  }

  @Get('redrives')
  @ApiOperation({ summary: 'List the redrives since this console started, newest first' })
  @ApiResponses({ description: 'The redrives, newest first', schema: z.array(redriveView) })
  list(): readonly Redrive[] {
    return this.redrives.list();
  }

  @Get('redrives/:id')
  @ApiOperation({ summary: 'Show the progress of a redrive' })
  @ApiResponses({ description: 'The redrive', schema: redriveView }, [400, 404])
  progress(@Param('id', ParseIntPipe) id: number): Redrive {
    const redrive = this.redrives.get(id);
    if (redrive === undefined) throw new NotFoundException('This console does not know this redrive.');
    return redrive;
  }

  @Post('redrives')
  @HttpCode(202)
  @ApiOperation({ summary: 'Redrive one dead letter, a group or all' })
  @ApiResponses({ status: 202, description: 'The redrive has started', schema: redriveView }, [400, 409, 503])
  async begin(
    @Body({ schema: redriveSelection }) body: z.output<typeof redriveSelection>,
    @Req() request: FastifyRequest,
  ): Promise<Redrive> {
    if (this.redrives.running !== undefined) {
      throw new ConflictException('A redrive is running. Wait until it has finished.');
    }
    const selection = 'all' in body ? {} : body;
    const target = 'all' in body ? 'all' : 'id' in body ? `dead letter ${body.id}` : body.reason;
    return this.audit.around(request, { action: 'redrive', target, detail: { ...body } }, () =>
      this.redrives.begin(selection, Date.now()),
    );
  }
}
