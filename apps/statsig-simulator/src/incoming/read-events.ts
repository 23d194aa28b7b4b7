import { isUtf8 } from 'node:buffer';
import { BadRequestException } from '@nestjs/common';
import { type Endpoint } from '../statsig/endpoints';
import { readEventWebhookBody } from './event-webhook-body';
import { type IncomingEvent } from './incoming-event';
import { readLogEventBody } from './log-event-body';
import { readRevenueCatBody } from './revenuecat-body';

const readers: Record<Endpoint, (json: unknown) => IncomingEvent[]> = {
  revenuecat: readRevenueCatBody,
  log_event: readLogEventBody,
  event_webhook: readEventWebhookBody,
};

/** Returns the events of a request body, at least one. Throws a {@link BadRequestException} for a body that Statsig would reject. */
export function readEvents(endpoint: Endpoint, body: Buffer): IncomingEvent[] {
  return readers[endpoint](parse(body));
}

function parse(body: Buffer): unknown {
  if (body.length === 0) throw new BadRequestException('The body is empty. Send JSON.');
  if (!isUtf8(body)) throw new BadRequestException('The body is not UTF-8 text. Send JSON in UTF-8.');
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw new BadRequestException(`The body is not JSON: ${(error as Error).message}.`);
  }
}
