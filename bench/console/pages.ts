import { customerOf, eventIdOf } from './events';

/** A request of a page; `i` is the number of any event. */
export interface PageRequest {
  page: string;
  what: string;
  path: (i: number) => string;
}

/** Every request of every page. */
export const pageRequests: PageRequest[] = [
  { page: 'Overview', what: 'last 15 minutes', path: () => 'overview?range=15m' },
  { page: 'Overview', what: 'last 7 days', path: () => 'overview?range=7d' },
  { page: 'Integrations', what: 'list', path: () => 'integrations' },
  {
    page: 'Customers',
    what: 'search by the beginning of an id',
    path: (i) => `customers?query=user-${i % 1_000}`,
  },
  { page: 'Customers', what: 'profile', path: (i) => `customer?project=default&id=${customerOf(i)}` },
  { page: 'Customers', what: 'history', path: (i) => `customer/events?project=default&id=${customerOf(i)}` },
  { page: 'Log stream', what: 'newest', path: () => 'events' },
  {
    page: 'Log stream',
    what: 'page from the middle',
    path: (i) => `events?cursor=${Date.now() - 86_400_000 - i}.${i}`,
  },
  {
    page: 'Log stream',
    what: 'one type, dead letters',
    path: () => 'events?types=EXPIRATION&outcomes=dead_lettered',
  },
  {
    page: 'Log stream',
    what: 'rare: sandbox and filtered',
    path: () => 'events?environment=SANDBOX&outcomes=filtered',
  },
  { page: 'Log stream', what: 'no matches', path: () => 'events?types=TRANSFER&outcomes=retrying' },
  { page: 'Log stream', what: 'one customer', path: (i) => `events?customer=${customerOf(i)}` },
  { page: 'Log stream', what: 'filter values', path: () => 'events/facets' },
  { page: 'Event', what: 'details', path: (i) => `event?project=default&id=${eventIdOf(i)}` },
  { page: 'Dead letters', what: 'groups', path: () => 'dead-letter-groups' },
  {
    page: 'Dead letters',
    what: 'newest in a group',
    path: () => 'dead-letters?source=deliveries&stage=dispatcher&reason=statsig_401',
  },
  { page: 'Dead letters', what: 'one', path: (i) => `dead-letters/${1 + (i % 200)}` },
];
