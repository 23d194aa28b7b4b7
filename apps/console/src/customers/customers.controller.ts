import { Controller, Get, NotFoundException, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { EventList, type EventPage } from '../events/event-list';
import { type CustomerMatch, Customers, type CustomerView } from './customers';

const searchQuery = z.object({
  query: z.string().trim().min(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

const historyQuery = z.object({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

@ApiTags('customers')
@Controller('api/customers')
export class CustomersController {
  constructor(
    private readonly customers: Customers,
    private readonly events: EventList,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Customers of whom an id or alias begins with the query' })
  search(@Query({ schema: searchQuery }) { query, limit }: z.output<typeof searchQuery>): CustomerMatch[] {
    return this.customers.search(query, limit);
  }

  @Get(':project/:id')
  @ApiOperation({ summary: 'A customer’s profile, by any id' })
  async show(@Param('project') project: string, @Param('id') id: string): Promise<CustomerView> {
    const customer = await this.customers.find(project, id);
    if (customer === undefined) throw new NotFoundException('Nobody is known by this id.');
    return customer;
  }

  @Get(':project/:id/events')
  @ApiOperation({ summary: 'A customer’s history, newest first' })
  async history(
    @Param('project') project: string,
    @Param('id') id: string,
    @Query({ schema: historyQuery }) { cursor, limit }: z.output<typeof historyQuery>,
  ): Promise<EventPage> {
    return this.events.ofCustomer(project, await this.customers.idsOf(project, id), cursor, limit);
  }
}
