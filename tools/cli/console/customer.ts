import { projectConfig } from '@app/integrations';
import { readConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';
import type { CustomerView } from '../../../apps/console/api/customers';
import type { EventPage, EventSummary } from '../../../apps/console/api/events';
import { type JsonOption, print, tableText, withExamples, withJson } from '../output';
import { positiveInteger } from '../parse-option';
import { ConsoleApi } from './console-api';
import { reasonTexts } from './reason-texts';

interface Options extends JsonOption {
  project?: string;
  limit: number;
}

const maxPageSize = 500;

export function customerCommand(): Command {
  return withExamples(
    withJson(
      new Command('customer')
        .description(
          'Show the events of a customer and their outcomes, newest first. Uses the console at CONSOLE_URL',
        )
        .argument('<id>', "any id of the customer; quote anonymous ids: '$RCAnonymousID:…'")
        .option('--project <id>', 'project of the customer (default: PROJECT_ID)')
        .option('--limit <count>', 'number of newest events to show', positiveInteger, 50)
        .action(show),
    ),
    'customer maya --limit 10',
    "customer maya --json | jq '.history[].outcome'",
  );
}

async function show(id: string, { project, limit, json }: Options): Promise<void> {
  const { PROJECT_ID } = readConfig(z.object(projectConfig), {
    ...process.env,
    ...(project !== undefined && { PROJECT_ID: project }),
  });
  const api = ConsoleApi.fromEnvironment();
  const customer = await api.get<CustomerView>(['customer'], { project: PROJECT_ID, id });
  const events = await newest(api, { project: PROJECT_ID, id }, limit);
  print({ ...customer, history: events }, json, textOf(customer, events));
}

async function newest(
  api: ConsoleApi,
  customer: { project: string; id: string },
  count: number,
): Promise<EventSummary[]> {
  const events: EventSummary[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(maxPageSize, count - events.length);
    const page = await api.get<EventPage>(['customer', 'events'], { ...customer, cursor, limit });
    events.push(...page.events);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && events.length < count);
  return events;
}

function textOf(
  { id, project, aliases, events: total, isProfileKnown }: CustomerView,
  events: readonly EventSummary[],
): string {
  const others = aliases.map((alias) => alias.id).filter((alias) => alias !== id);
  const table = tableText(
    ['received', 'event', 'id', 'environment', 'Statsig', 'attempts', 'reason', 'next attempt'],
    events.map((event) => {
      const { receivedAtMs, type, eventId, environment, outcome, attempts, reason, nextAttemptAtMs } = event;
      return [
        new Date(receivedAtMs).toISOString(),
        type,
        eventId,
        environment.toLowerCase(),
        outcome,
        attempts,
        reason ?? '',
        nextAttemptAtMs === null ? '' : new Date(nextAttemptAtMs).toISOString(),
      ];
    }),
  );
  return [
    `${JSON.stringify(id)} in project "${project}"${others.length === 0 ? '' : `, also known as ${others.map((other) => JSON.stringify(other)).join(', ')}`}`,
    ...(events.length === 0 ? [] : [table]),
    ...reasonTexts(events.map(({ reason }) => reason)),
    `${events.length} of ${total} events.`,
    ...(isProfileKnown ? [] : ['Redis does not respond: events with other ids of the customer are missing.']),
    '',
  ].join('\n');
}
