import { tableText } from '../output';
import { type PipelineStatus, type StageStatus } from './status';

/** One screen of text. */
export function statusText({
  atMs,
  rejectedWebhooks,
  mapper,
  projects,
  deadLettersLastHour,
  apps,
  problems,
}: PipelineStatus): string {
  const stages = tableText(
    ['stage', 'project', 'state', 'in/s', 'out/s', 'waiting', 'oldest', 'detail'],
    [
      ['mapper', '', '', ...cells(mapper), ''],
      ...projects.map((project) => {
        const { projectId, state, detail } = project;
        return ['dispatcher', projectId, state, ...cells(project), shortened(detail)];
      }),
    ],
  );
  const deadLetters = Object.entries(deadLettersLastHour).map(
    ([topic, count]) => `${count ?? 'unknown'} in ${topic}`,
  );
  return [
    new Date(atMs).toISOString(),
    ...rejectionLines(rejectedWebhooks, atMs),
    stages,
    `Dead letters of the last hour: ${deadLetters.join(', ')}`,
    ...(apps.length === 0 ? [] : [appTable(apps)]),
    ...problems,
    '',
  ].join('\n');
}

function rejectionLines(rejected: PipelineStatus['rejectedWebhooks'], nowMs: number): string[] {
  if (rejected === null) return ['Rejected webhooks: unknown'];
  return rejected.map(({ projectId, outcome, count, lastAtMs, detail, explanation }) => {
    const last = ageText(Math.max(0, nowMs - lastAtMs));
    return `Rejected webhooks of ${projectId} in the last 24 hours: ${count} (${outcome}), the latest ${last} ago. ${explanation?.remedy ?? detail}`;
  });
}

function appTable(apps: PipelineStatus['apps']): string {
  return tableText(
    ['app', 'address', 'health', 'detail'],
    apps.map(({ name, url, health, detail }) => [name, url, health, shortened(detail)]),
  );
}

function cells({ writtenPerSecond, finishedPerSecond, lag, oldestAgeMs }: StageStatus): string[] {
  return [
    rate(writtenPerSecond),
    rate(finishedPerSecond),
    lag === null ? 'unknown' : String(lag),
    oldestAgeMs === null ? 'unknown' : ageText(oldestAgeMs),
  ];
}

function rate(perSecond: number | null): string {
  return perSecond === null ? 'unknown' : perSecond.toFixed(1);
}

/** The two largest units, such as `2 h 5 min`. */
export function ageText(ms: number): string {
  const total = Math.round(ms / 1_000);
  const units = [
    ['d', Math.floor(total / 86_400)],
    ['h', Math.floor(total / 3_600) % 24],
    ['min', Math.floor(total / 60) % 60],
    ['s', total % 60],
  ] as const;
  const first = units.findIndex(([, count]) => count > 0);
  if (first === -1) return '0 s';
  return units
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => `${count} ${unit}`)
    .join(' ');
}

const maxDetailLength = 60;

function shortened(detail: string | null): string {
  if (detail === null || detail.length <= maxDetailLength) return detail ?? '';
  return `${detail.slice(0, maxDetailLength - 1)}…`;
}
