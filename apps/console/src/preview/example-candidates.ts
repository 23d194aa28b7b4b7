import { type Integration, userProperties } from '@app/integrations';
import { sidesOf } from '@app/revenuecat';
import { type SettingExample } from '../../api/setting-examples';
import {
  type FindProfiles,
  type KnownEvent,
  learnedOnly,
  type PreviewedEvent,
  withProfiles,
} from './known-event';
import { sampleEvents } from './sample-events';

/** An event that may be the example of a setting. */
export interface Candidate {
  event: KnownEvent;
  origin: SettingExample['origin'];
}

/**
 * Returns the events of customers, and then the samples. Transfers are not among them, because an example is about one customer.
 *
 * @param draft the integration that is edited
 */
export async function candidatesFor(
  draft: Integration,
  events: readonly PreviewedEvent[],
  findProfiles: FindProfiles,
): Promise<Candidate[]> {
  const settings = { blockedIds: draft.blockedIds, userProperties: [...userProperties] };
  const own = events
    .filter(({ envelope }) => sidesOf(envelope.event) === undefined)
    .map(async (event): Promise<Candidate> => ({
      event: await withProfiles(event, settings, findProfiles),
      origin: event.project === draft.projectId ? 'project' : 'other_project',
    }));
  const samples = sampleEvents.map(async (event): Promise<Candidate> => ({
    event: await withProfiles(event, settings, learnedOnly),
    origin: 'sample',
  }));
  return Promise.all([...own, ...samples]);
}
