import { type Scenario } from '../scenario';
import { brokerFrozen, brokersKilled, brokersRolled, leadersMoved, produceResponsesLost } from './brokers';
import { poison, revoked, rotated, slow } from './isolation';
import { everythingThrice, steadyLoad } from './load';
import { killed, rolled, scaled, soak, wrongClock } from './processes';
import { oneHangs, pausedAndRemoved } from './projects';
import {
  certificateBroken,
  errorsAndLimits,
  goneForMinutes,
  hanging,
  methodRefused,
  resets,
  unreadable,
} from './statsig-faults';
import {
  kafkaRestarted,
  kafkaToxics,
  redisDemoted,
  redisEmptied,
  redisRestarted,
  redisToxics,
} from './stores';
import { partitionsAdded, topicDeleted } from './topics';

/** Scenarios by their number in docs/reliability.md. */
export const scenarios: ReadonlyMap<number, Scenario> = new Map([
  [1, steadyLoad],
  [2, everythingThrice],
  [3, errorsAndLimits],
  [4, hanging],
  [5, resets],
  [6, goneForMinutes],
  [7, killed],
  [8, rolled],
  [9, scaled],
  [10, redisRestarted],
  [17, redisEmptied],
  [11, kafkaRestarted],
  [12, poison],
  [13, revoked],
  [19, rotated],
  [20, slow],
  [14, wrongClock],
  [15, redisToxics],
  [18, kafkaToxics],
  [21, brokersRolled],
  [22, brokersKilled],
  [23, leadersMoved],
  [24, partitionsAdded],
  [25, produceResponsesLost],
  [26, brokerFrozen],
  [27, topicDeleted],
  [28, unreadable],
  [29, methodRefused],
  [30, redisDemoted],
  [31, pausedAndRemoved],
  [32, oneHangs],
  [33, certificateBroken],
  [16, soak],
]);
