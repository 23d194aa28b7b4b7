import { Counter } from 'prom-client';

export const attempts = new Counter({
  name: 'rcstatsig_console_notification_attempts_total',
  help: 'Attempts to send a notification by kind of channel and outcome: sent, failed (it is retried), dropped (it failed for a day). Test messages do not count',
  labelNames: ['kind', 'outcome'],
});

export const possibleRepeats = new Counter({
  name: 'rcstatsig_console_notification_possible_repeats_total',
  help: 'Attempts to send a notification that the receiver may have accepted before: the response was lost, or the console stopped before its record',
  labelNames: ['cause'],
});
