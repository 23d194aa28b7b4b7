import type { Problem } from '@app/platform';

/** Returns what a user needs to know of an error response, or undefined if its body is not a problem. */
export function problemText(body: string): string | undefined {
  const { detail, errors } = parse(body);
  if (detail === undefined || errors === undefined) return detail;
  return errors
    .map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer.slice(1)}: ${detail}`))
    .join('. ');
}

/** Returns the invalid parts of a request, if the body of the response is a problem that has some. */
export function problemErrors(body: string): NonNullable<Problem['errors']> {
  return parse(body).errors ?? [];
}

function parse(body: string): Partial<Problem> {
  try {
    return Object(JSON.parse(body)) as Partial<Problem>;
  } catch {
    return {};
  }
}
