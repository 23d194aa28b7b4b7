import { integrationConfig } from '@app/integrations';
import { kafkaConfig, topicConfig } from '@app/kafka';
import { platformConfig, redisConfig } from '@app/platform';
import { consoleConfig } from '../../apps/console/src/console.config';
import { dispatcherConfig } from '../../apps/dispatcher/src/dispatcher.config';
import { ingestConfig } from '../../apps/ingest/src/ingest.config';
import { mapperConfig } from '../../apps/mapper/src/mapper.config';
import { simulatorConfig } from '../../apps/statsig-simulator/src/simulator-config';
import { consoleAccess } from '../cli/console/console-api';
import { settingGroups } from './settings';

export const allSettings = settingGroups(
  {
    'Every app': platformConfig,
    Kafka: kafkaConfig,
    Topics: topicConfig,
    Redis: redisConfig,
    'Integration with Statsig': integrationConfig,
  },
  {
    ingest: ingestConfig.shape,
    mapper: mapperConfig.shape,
    dispatcher: dispatcherConfig.shape,
    console: consoleConfig.shape,
    'statsig-simulator': simulatorConfig.shape,
    topics: { ...kafkaConfig, ...topicConfig, ...redisConfig, ...integrationConfig },
    cli: consoleAccess,
  },
);
