import { type IntegrationView } from '../integrations/integration-view';
import { type StageBacklog } from './backlog';
import {
  type FlowCounts,
  type FlowPoint,
  type LatencyPercentiles,
  type LatencyPoint,
} from './flow-over-time';

export interface Overview {
  nowMs: number;
  flow: FlowPoint[];
  totals: FlowCounts;
  latency: { whole: LatencyPercentiles; points: LatencyPoint[] };
  backlog: StageBacklog[];
  openDeadLetters: number;
  integrations: Pick<IntegrationView, 'projectId' | 'health' | 'enabled'>[];
}
