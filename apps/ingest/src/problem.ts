/** An answer for people and programs (RFC 9457, `application/problem+json`). */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** Where in the body: a JSON pointer. */
  pointer?: string;
  /** Seconds. */
  retryAfter?: number;
}

export const unauthorized: Problem = {
  status: 401,
  title: 'Unauthorized',
  detail:
    'The credentials are not those of this project. Compare the Authorization value and the signing secret with RevenueCat’s dashboard.',
};

export const unavailable: Problem = {
  status: 503,
  title: 'Kafka is not available',
  detail: 'The event could not be stored, so it is not accepted. Send it again.',
  retryAfter: 5,
};
