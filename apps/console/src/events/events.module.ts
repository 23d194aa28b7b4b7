import { Module } from '@nestjs/common';
import { EventDetails } from './event-details';
import { EventList } from './event-list';
import { EventsController } from './events.controller';

@Module({
  controllers: [EventsController],
  providers: [EventList, EventDetails],
  exports: [EventList, EventDetails],
})
export class EventsModule {}
