import type { ChannelView } from '../../../api/notifications';

export const subjectLabels: Record<ChannelView['subjects'][number], string> = {
  delivery: 'An integration is suspended, keeps retrying, or has recovered',
  dead_letters: 'The first dead letter of a reason',
  rejected_webhooks: 'Rejected webhooks',
  silence: 'No events, although there used to be some',
  retention: 'Events that Kafka may delete before they are sent',
};
