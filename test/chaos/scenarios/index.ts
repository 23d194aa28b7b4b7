import { type Scenario } from '../scenario';
import { poison, revoked, rotated, slow } from './isolation';
import { everythingThrice, steadyLoad } from './load';
import { killed, rolled, scaled, soak, wrongClock } from './processes';
import { errorsAndLimits, goneForMinutes, hanging, resets } from './statsig-faults';
import { kafkaRestarted, kafkaToxics, redisEmptied, redisRestarted, redisToxics } from './stores';

/** By their numbers in docs/reliability.md. */
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
  [16, soak],
]);
