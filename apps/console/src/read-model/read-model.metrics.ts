import { Counter, Gauge } from 'prom-client';

export const recordsSkipped = new Counter({
  name: 'rcstatsig_console_records_skipped_total',
  help: 'Records that the read model could not store and skipped',
  labelNames: ['topic'],
});

export const databaseBytes = new Gauge({
  name: 'rcstatsig_console_database_bytes',
  help: 'Size of the read model, without free pages; CONSOLE_KEEP_BYTES limits it',
});
