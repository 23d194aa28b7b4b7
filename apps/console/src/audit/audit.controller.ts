import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type AuditFacets, auditFacets, type AuditPage, auditPage } from '../../api/audit';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { pageQuery } from '../http/pagination';
import { AuditTrail } from './audit-trail';

const auditQuery = pageQuery.extend({
  action: z.string().min(1).optional(),
  who: z.string().min(1).optional(),
});

@ApiTags('audit')
@RequiresSignIn()
@Controller('api/audit')
export class AuditController {
  constructor(private readonly trail: AuditTrail) {}

  @Get()
  @ApiOperation({ summary: 'List audit records, newest first' })
  @ApiResponses({ description: 'A page of audit records', schema: auditPage }, [400])
  page(@Query({ schema: auditQuery }) { cursor, limit, ...filter }: z.output<typeof auditQuery>): AuditPage {
    return this.trail.page(filter, cursor, limit);
  }

  @Get('facets')
  @ApiOperation({ summary: 'List the values that the audit log can be filtered by' })
  @ApiResponses({ description: 'The values that occur', schema: auditFacets })
  facets(): AuditFacets {
    return this.trail.facets();
  }
}
