import { type Scenario } from '../scenario';
import {
  brokerFreeze,
  brokerKills,
  brokerRollingRestart,
  leaderMoves,
  lostProduceResponses,
} from './brokers';
import { poisonEvents, revokedIntegration, secretRotation, slowIntegrations } from './isolation';
import { triplicatedEvents, steadyLoad } from './load';
import {
  dispatcherKills,
  dispatcherRollingRestart,
  dispatcherScaling,
  soakTest,
  dispatcherClockSkew,
} from './processes';
import { hangingProject, integrationPauseAndRemoval } from './projects';
import { settingsUnderKills } from './settings';
import {
  untrustedCertificate,
  statsigErrorsAndLimits,
  statsigOutage,
  statsigHang,
  methodNotAllowed,
  connectionResets,
  unreadableResponses,
} from './statsig-faults';
import { kafkaRestart, kafkaToxics, redisDemotion, redisDataLoss, redisRestart, redisToxics } from './stores';
import { partitionIncrease, topicDeletion } from './topics';

/** Scenarios by their number in docs/reliability.md. */
export const scenarios: ReadonlyMap<number, Scenario> = new Map([
  [1, steadyLoad],
  [2, triplicatedEvents],
  [3, statsigErrorsAndLimits],
  [4, statsigHang],
  [5, connectionResets],
  [6, statsigOutage],
  [7, dispatcherKills],
  [8, dispatcherRollingRestart],
  [9, dispatcherScaling],
  [10, redisRestart],
  [17, redisDataLoss],
  [11, kafkaRestart],
  [12, poisonEvents],
  [13, revokedIntegration],
  [19, secretRotation],
  [20, slowIntegrations],
  [14, dispatcherClockSkew],
  [15, redisToxics],
  [18, kafkaToxics],
  [21, brokerRollingRestart],
  [22, brokerKills],
  [23, leaderMoves],
  [24, partitionIncrease],
  [25, lostProduceResponses],
  [26, brokerFreeze],
  [27, topicDeletion],
  [28, unreadableResponses],
  [29, methodNotAllowed],
  [30, redisDemotion],
  [31, integrationPauseAndRemoval],
  [32, hangingProject],
  [33, untrustedCertificate],
  [34, settingsUnderKills],
  [16, soakTest],
]);
