import { Body, Controller, Delete, Get, HttpCode, type MessageEvent, Put, Query, Sse } from '@nestjs/common';
import { type Observable } from 'rxjs';
import { ActiveFaults } from '../faults/active-faults';
import { faultSet } from '../faults/fault-rules';
import { LogStream } from '../log-stream/log-stream';
import { EventRecorder } from '../recording/event-recorder';
import { summaryOf, fullPage } from '../recording/event-view';
import { statisticsOf } from '../recording/statistics';
import { StatsigSettings } from '../statsig/statsig-settings';
import { Traffic } from '../statsig/traffic';
import { eventsQuery, readBody, readQuery, settingsChange } from './simulator-api-input';

const maxPageBytes = 8_388_608;

/** Not part of Statsig's API: returns what arrived and configures faults, for tests and developers. */
@Controller('_sim')
export class SimulatorApiController {
  constructor(
    private readonly recorder: EventRecorder,
    private readonly faults: ActiveFaults,
    private readonly settings: StatsigSettings,
    private readonly traffic: Traffic,
    private readonly stream: LogStream,
  ) {}

  @Get('events')
  events(@Query() given: unknown) {
    const { summary, limit, ...query } = readQuery(eventsQuery, given);
    const found = this.recorder.find({ ...query, limit: limit + 1 });
    const wanted = found.slice(0, limit);
    const events = summary ? wanted.map(summaryOf) : fullPage(wanted, maxPageBytes);
    const isMore = found.length > events.length;
    return { events, next: isMore ? (events.at(-1)?.seq ?? null) : null };
  }

  @Delete('events')
  @HttpCode(204)
  clearEvents(): void {
    this.recorder.clear();
    this.traffic.clear(Date.now());
  }

  @Get('stats')
  stats() {
    return {
      ...statisticsOf(this.traffic, this.recorder),
      repeats: Object.fromEntries(this.recorder.acceptances.repeats),
    };
  }

  @Get('faults')
  showFaults() {
    return { seed: this.faults.seed, rules: this.faults.plan.report(Date.now()) };
  }

  @Put('faults')
  putFaults(@Body() body: unknown) {
    this.faults.replace(readBody(faultSet, body), Date.now());
    return this.showFaults();
  }

  @Delete('faults')
  @HttpCode(204)
  clearFaults(): void {
    this.faults.replace({ rules: [] }, Date.now());
  }

  @Get('settings')
  showSettings() {
    return this.settings.show();
  }

  @Put('settings')
  putSettings(@Body() body: unknown) {
    this.settings.change(readBody(settingsChange, body));
    return this.settings.show();
  }

  @Sse('stream')
  watch(): Observable<MessageEvent> {
    return this.stream.open();
  }
}
