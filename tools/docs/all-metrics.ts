import '@app/delivery';
import '@app/identity';
import '@app/kafka';
import '@app/platform';
import { register } from 'prom-client';
import '../../apps/console/src/notifications/notification.metrics';
import '../../apps/console/src/read-model/read-model.metrics';
import '../../apps/dispatcher/src/dispatcher.metrics';
import '../../apps/ingest/src/ingest.metrics';
import '../../apps/mapper/src/mapper.metrics';

export interface Metric {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  labelNames: readonly string[];
}

/** The metrics of all apps, including prom-client's default metrics. */
export const allMetrics = register.getMetricsAsArray() as unknown as readonly Metric[];
