import { Controller, Get, NotFoundException, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type EventPage, eventPage } from '../../api/events';
import { type CustomerMatch, customerMatch, type CustomerView, customerView } from '../../api/customers';
import { EventList } from '../events/event-list';
import { ApiResponses, RequiresSignIn } from '../http/api-responses';
import { pageQuery } from '../http/pagination';
import { Customers } from './customers';

const searchQuery = z.object({
  query: z.string().trim().min(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** Query parameters, because an id can be any text, and `..` in a path would be resolved. */
const customerQuery = z.object({ project: z.string().min(1), id: z.string().min(1) });

const historyQuery = pageQuery.extend(customerQuery.shape);

@ApiTags('customers')
@RequiresSignIn()
@Controller('api')
export class CustomersController {
  constructor(
    private readonly customers: Customers,
    private readonly events: EventList,
  ) {}

  @Get('customers')
  @ApiOperation({ summary: 'Find customers by the beginning of an id or alias' })
  @ApiResponses({ description: 'Customers, sorted by id', schema: z.array(customerMatch) }, [400])
  search(@Query({ schema: searchQuery }) { query, limit }: z.output<typeof searchQuery>): CustomerMatch[] {
    return this.customers.search(query, limit);
  }

  @Get('customer')
  @ApiOperation({ summary: 'Show the profile of a customer, found by any of its ids' })
  @ApiResponses({ description: 'The customer', schema: customerView }, [400, 404, 503])
  async show(
    @Query({ schema: customerQuery }) { project, id }: z.output<typeof customerQuery>,
  ): Promise<CustomerView> {
    const customer = await this.customers.find(project, id);
    if (customer === undefined) throw new NotFoundException('No customer found with this id.');
    return customer;
  }

  @Get('customer/events')
  @ApiOperation({ summary: 'List the events of a customer, newest first' })
  @ApiResponses(
    { description: 'A page of events; empty if no customer has the id', schema: eventPage },
    [400],
  )
  async history(
    @Query({ schema: historyQuery }) { project, id, cursor, limit }: z.output<typeof historyQuery>,
  ): Promise<EventPage> {
    return this.events.ofCustomer(project, await this.customers.findIds(project, id), cursor, limit);
  }
}
