import { InvalidRequestException } from '@app/platform';
import { type Envelope, isObject, parseEnvelope } from '@app/revenuecat';

/** Parses the JSON text of a webhook, or of the event in it. Throws 400 with the position of the problem. */
export function parsePasted(json: string): Envelope {
  const parsed = parseEnvelope(
    Buffer.from(isEventAlone(json) ? `{"api_version":"1.0","event":${json}}` : json),
  );
  if (parsed.kind === 'envelope') return parsed.envelope;
  const at = parsed.pointer === '' ? '' : ` (at ${parsed.pointer})`;
  throw new InvalidRequestException([{ message: parsed.detail + at, path: ['event', 'json'] }]);
}

function isEventAlone(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) && !isObject(value['event']) && typeof value['type'] === 'string';
  } catch {
    return false;
  }
}
