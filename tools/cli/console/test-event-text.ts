import type { TestEventResult } from '../../../apps/console/api/integrations';

export function testEventText({
  status,
  latencyMs,
  response,
  meaning,
  whereToFind,
}: TestEventResult): string {
  const outcome =
    status === null ? `No response: ${response}` : `Statsig responded with ${status} in ${latencyMs} ms.`;
  return [`${outcome} ${meaning}`, ...(whereToFind === null ? [] : [whereToFind])].join('\n');
}
