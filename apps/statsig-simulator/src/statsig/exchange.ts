import { type IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnauthorizedException } from '@nestjs/common';
import { type ActiveFaults } from '../faults/active-faults';
import { bodyBytes } from '../incoming/body-bytes';
import { readEvents } from '../incoming/read-events';
import { type EventRecorder } from '../recording/event-recorder';
import { faultOutcome, isAccepted, type Outcome, success } from './outcomes';
import { apiKeyHeader, type Endpoint } from './endpoints';
import { type StatsigSettings } from './statsig-settings';

export interface StatsigRequest {
  endpoint: Endpoint;
  headers: IncomingHttpHeaders;
  /** A Buffer, or undefined if there is no body. */
  body: unknown;
}

/** Handles a request as Statsig does: checks, reads and records it, and returns its outcome. */
export class Exchange {
  constructor(
    private readonly settings: StatsigSettings,
    private readonly faults: ActiveFaults,
    private readonly recorder: EventRecorder,
    private readonly maxBodyBytes: number,
  ) {}

  /** Resolves when the response is due. Throws an exception with the status of the response if Statsig would reject the request. */
  async handle({ endpoint, headers, body }: StatsigRequest): Promise<Outcome> {
    const receivedAtMs = Date.now();
    const key = apiKeyOf(headers);
    if (!this.settings.accepts(key)) throw unauthorized(key);
    const bytes = await bodyBytes(body, headers['content-encoding']?.toLowerCase(), this.maxBodyBytes);
    const events = readEvents(endpoint, bytes);
    const ids = events.map((event) => event.id);
    const { delayMs, fault } = this.faults.plan.decide({ endpoint, key }, ids, receivedAtMs);
    if (isAccepted(fault)) {
      const request = { endpoint, headers, body: bytes, receivedAtMs };
      this.recorder.record(request, events, this.settings.includeSandbox);
    }
    if (delayMs > 0) await sleep(delayMs);
    return fault === undefined ? success(endpoint) : faultOutcome(fault);
  }
}

export function apiKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[apiKeyHeader];
  return typeof value === 'string' ? value : undefined;
}

function unauthorized(key: string | undefined): UnauthorizedException {
  return new UnauthorizedException(
    key === undefined
      ? 'The STATSIG-API-KEY header is missing. Send a server secret.'
      : 'The STATSIG-API-KEY is unknown to this Statsig. Check the server secret.',
  );
}
