/** Rejects a request with a status and a message that explains what the caller must change. */
export class RejectedRequestError extends Error {
  override readonly name = 'RejectedRequestError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
