import { ingestUrlConfig, integrationConfig, webhookConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import { platformConfig, proxyConfig, redisConfig, tracingConfig } from '@app/platform';
import { revenueCatApiConfig } from '@app/revenuecat-api';
import { statsigConfig } from '@app/statsig';
import { consoleConfig } from '../../apps/console/src/console.config';
import { dispatcherConfig } from '../../apps/dispatcher/src/dispatcher.config';
import { ingestConfig } from '../../apps/ingest/src/ingest.config';
import { mapperConfig } from '../../apps/mapper/src/mapper.config';
import { simulatorConfig } from '../../apps/statsig-simulator/src/simulator-config';
import { consoleAccess } from '../cli/console/console-api';
import { ingestAccess } from '../cli/produce/endpoint-sink';
import { appAddresses } from '../cli/status/app-health';
import { settingGroups } from './settings';

export const allSettings = settingGroups(
  {
    'Every app': platformConfig,
    'Behind a proxy': proxyConfig,
    Tracing: tracingConfig,
    Kafka: kafkaConfig,
    Topics: topicConfig,
    Redis: redisConfig,
    'Integration with Statsig': integrationConfig,
    'Addresses of Statsig': statsigConfig,
    'Address of RevenueCat': revenueCatApiConfig,
    'Webhook credentials of the default project': webhookConfig,
  },
  {
    ingest: ingestConfig.shape,
    mapper: mapperConfig.shape,
    dispatcher: dispatcherConfig.shape,
    console: consoleConfig.shape,
    'statsig-simulator': simulatorConfig.shape,
    topics: { ...kafkaConfig, ...topicConfig, ...redisConfig, ...integrationConfig },
    cli: { ...ingestUrlConfig, ...consoleAccess, ...ingestAccess, ...appAddresses },
  },
);
